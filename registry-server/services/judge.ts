import { settingsLine } from '../compatibility/check.ts';
import { modes } from '../compatibility/modes.ts';
import { tellSome } from '../compatibility/tell-some.ts';
import { type Metadata, propertyOf, reservedFields } from '../data-contracts/metadata.ts';
import { RegistryError } from '../errors.ts';
import type { Registry } from '../registry.ts';
import type { ParsedSchema } from '../schema-types/schema-type.ts';
import type { StoredSchema, Version } from '../store/store.ts';
import { formatSubjectName, type SubjectName } from '../subject-name.ts';
import type { ScopedConfig } from './effective-settings.ts';
import { parseStored } from './read-schema-text.ts';

export interface Proposed {
  readonly parsed: ParsedSchema;
  readonly metadata?: Metadata;
}

/**
 * Why a schema may not follow earlier ones; empty when it may.
 * @param versions oldest first
 */
export async function judge(
  registry: Registry,
  name: SubjectName,
  config: ScopedConfig,
  proposed: Proposed,
  versions: readonly Version[],
): Promise<readonly string[]> {
  const { compatibility: level, compatibilityGroup: group, validateFields = false } = config;
  const mode = modes[level];
  if (!mode.backward && !mode.forward && !validateFields) return [];

  // Versions are left out by what their metadata says, so all that may count are read.
  const reach = mode.isTransitive || group !== undefined ? versions : versions.slice(-1);
  const stored = await Promise.all(reach.map((version) => getContent(registry, name, version)));
  const misused = validateFields ? await misusedFields(proposed, stored.at(-1)?.content) : [];
  const compared = stored.filter(
    ({ content }) =>
      group === undefined || propertyOf(content.metadata, group) === propertyOf(proposed.metadata, group),
  );
  const lines = await registry.parser.check(
    config,
    proposed.parsed,
    await Promise.all(
      (mode.isTransitive ? compared : compared.slice(-1)).map(async ({ version, content }) => ({
        version,
        schema: await parseStored(registry, content),
      })),
    ),
  );
  const messages = [...misused, ...lines];
  registry.metrics.compatibilityCheck(messages.length === 0);
  return messages.length === 0 ? [] : [...messages, settingsLine(level, validateFields)];
}

async function getContent({ store }: Registry, name: SubjectName, { version, id }: Version) {
  const content = await store.findSchema(name.context, id);
  // Removed for good since the versions were listed.
  if (!content) throw new RegistryError('SUBJECT_NOT_FOUND', { subject: formatSubjectName(name) });
  return { version, content };
}

/** What is wrong with the use of reserved fields, in words of the reference, because clients show them. */
async function misusedFields(
  { parsed, metadata }: Proposed,
  latest: StoredSchema | undefined,
): Promise<readonly string[]> {
  const reserved = new Set(reservedFields(metadata));
  const fields = new Set(await parsed.topLevelFields());
  return [
    ...tellSome(
      reservedFields(latest?.metadata).filter((name) => !reserved.has(name)),
      (name) =>
        `The new schema has reserved field ${name} removed from its metadata which is present in the old schema's metadata.`,
    ),
    ...tellSome(
      [...reserved].filter((name) => fields.has(name)),
      (name) => `The new schema has field that conflicts with the reserved field ${name}.`,
    ),
  ];
}
