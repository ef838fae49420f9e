import { checkCompatibility } from '../compatibility/check.ts';
import { type CompatibilityLevel, modes } from '../compatibility/modes.ts';
import { RegistryError } from '../errors.ts';
import type { Registry } from '../registry.ts';
import type { ParsedSchema } from '../schema-types/schema-type.ts';
import type { Version } from '../store/store.ts';
import { formatSubjectName, type SubjectName } from '../subject-name.ts';
import { getSchemaType } from './parse-schema.ts';
import { parseStored } from './read-schema-text.ts';

/**
 * Why a schema may not follow earlier ones; empty when it may.
 * @param versions oldest first
 */
export async function judge(
  registry: Registry,
  name: SubjectName,
  level: CompatibilityLevel,
  proposed: ParsedSchema,
  versions: readonly Version[],
): Promise<readonly string[]> {
  const mode = modes[level];
  if (!mode.backward && !mode.forward) return [];
  const compared = await Promise.all(
    (mode.isTransitive ? versions : versions.slice(-1)).map(async ({ version, id }) => {
      const stored = await registry.store.findSchema(name.context, id);
      // Removed for good since the versions were listed.
      if (!stored) throw new RegistryError('SUBJECT_NOT_FOUND', { subject: formatSubjectName(name) });
      return { version, schema: await parseStored(registry, stored) };
    }),
  );
  const messages = checkCompatibility(getSchemaType(proposed.schemaType), level, proposed, compared);
  registry.metrics.compatibilityCheck(messages.length === 0);
  return messages;
}
