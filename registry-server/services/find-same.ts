import { isSameMetadata } from '../data-contracts/metadata.ts';
import { isSameRuleSet } from '../data-contracts/rule-set.ts';
import type { Registry } from '../registry.ts';
import type { ParsedSchema } from '../schema-types/schema-type.ts';
import type { SchemaContent, StoredSchema, Version } from '../store/store.ts';
import type { SubjectName } from '../subject-name.ts';
import type { FoundVersion } from './find-version.ts';
import type { Contract } from './inherit-contract.ts';
import { withContract } from './parse-schema.ts';
import { parseStored } from './read-schema-text.ts';

/**
 * The newest of the versions that holds the text, with one of the contracts.
 * @param contracts tried in this order
 */
export async function findSame(
  { store }: Registry,
  name: SubjectName,
  versions: readonly Version[],
  text: SchemaContent,
  contracts: readonly Contract[],
): Promise<FoundVersion | undefined> {
  if (versions.length === 0) return undefined;
  const contents = new Set(contracts.map((contract) => withContract(text, contract)));
  for (const content of contents) {
    const id = await store.findIdOf(name.context, content);
    const found = versions.findLast((version) => version.id === id);
    const stored = found && (await store.findSchema(name.context, found.id));
    if (found && stored) return { ...found, name, content: stored };
  }
  // Others of the text: they may differ only in the version that they note, or be copies.
  const plainId = contents.has(text) ? undefined : await store.findIdOf(name.context, text);
  const ids = new Set([plainId, ...(await store.listIdsOfText(name.context, text))]);
  for (const version of versions.toReversed().filter(({ id }) => ids.has(id))) {
    const content = await store.findSchema(name.context, version.id);
    if (content && contracts.some((contract) => isSameContract(contract, content))) {
      return { ...version, name, content };
    }
  }
  return undefined;
}

function isSameContract(a: Contract, b: Contract): boolean {
  return isSameMetadata(a.metadata, b.metadata) && isSameRuleSet(a.ruleSet, b.ruleSet);
}

/** The newest of the versions that is the sent schema written with references (Confluent's rule). */
export async function findInlined(
  registry: Registry,
  name: SubjectName,
  versions: readonly Version[],
  parsed: ParsedSchema,
): Promise<FoundVersion | undefined> {
  const { store } = registry;
  // The only type whose whole text can be written without them.
  if (parsed.schemaType !== 'AVRO' || versions.length === 0) return undefined;
  const ids = new Set(await store.listIdsWithReferences(name));
  for (const version of versions.toReversed().filter(({ id }) => ids.has(id))) {
    const content = await store.findSchema(name.context, version.id);
    if (content && (await isInlined(registry, parsed, content))) return { ...version, name, content };
  }
  return undefined;
}

async function isInlined(registry: Registry, parsed: ParsedSchema, stored: StoredSchema): Promise<boolean> {
  if (stored.schemaType !== parsed.schemaType) return false;
  const earlier = await parseStored(registry, stored);
  return (await earlier.formatted('resolved')) === (await parsed.formatted('resolved'));
}
