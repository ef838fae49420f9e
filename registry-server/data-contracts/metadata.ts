/** What a subject's owner says about a schema beside its text (Confluent's rule). Keys and lists are sorted. */
export interface Metadata {
  /** By path of the tagged field. */
  readonly tags?: Readonly<Record<string, readonly string[]>>;
  readonly properties?: Readonly<Record<string, string>>;
  /** Names of properties whose values are not to be shown around. */
  readonly sensitive?: readonly string[];
}

/** Holds the version that a schema was registered as. */
const VERSION_PROPERTY = 'confluent:version';
const RESERVED_PROPERTY = 'confluent:reserved';

/** The one form of equal metadata, empty parts left out; undefined when nothing is left. */
export function canonicalMetadata({ tags, properties, sensitive }: Metadata): Metadata | undefined {
  return filled({
    tags: sortedMap(tags, sortedSet),
    properties: sortedMap(properties, (value) => value),
    sensitive: sensitive && sensitive.length > 0 ? sortedSet(sensitive) : undefined,
  });
}

/** Both, and where they disagree the newer. */
export function mergeMetadata(
  older: Metadata | undefined,
  newer: Metadata | undefined,
): Metadata | undefined {
  if (!older || !newer) return newer ?? older;
  return canonicalMetadata({
    tags: { ...older.tags, ...newer.tags },
    properties: { ...older.properties, ...newer.properties },
    sensitive: [...(older.sensitive ?? []), ...(newer.sensitive ?? [])],
  });
}

export function propertyOf(metadata: Metadata | undefined, name: string): string | undefined {
  const { properties } = metadata ?? {};
  return properties && Object.hasOwn(properties, name) ? properties[name] : undefined;
}

export function versionIn(metadata: Metadata | undefined): string | undefined {
  return propertyOf(metadata, VERSION_PROPERTY);
}

export function withVersion(metadata: Metadata | undefined, version: number): Metadata | undefined {
  return mergeMetadata(metadata, { properties: { [VERSION_PROPERTY]: String(version) } });
}

export function withoutVersion(metadata: Metadata | undefined): Metadata | undefined {
  if (versionIn(metadata) === undefined) return metadata;
  const { [VERSION_PROPERTY]: _, ...properties } = metadata?.properties ?? {};
  return canonicalMetadata({ ...metadata, properties });
}

/** Names that must not be used for fields, though no field has them now. */
export function reservedFields(metadata: Metadata | undefined): readonly string[] {
  const list = propertyOf(metadata, RESERVED_PROPERTY) ?? '';
  return [
    ...new Set(
      list
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    ),
  ];
}

/** The version is only a note: it must agree where both have one (Confluent's rule). */
export function isSameMetadata(a: Metadata | undefined, b: Metadata | undefined): boolean {
  const [one, other] = [versionIn(a), versionIn(b)];
  if (one !== undefined && other !== undefined && one !== other) return false;
  return JSON.stringify(withoutVersion(a)) === JSON.stringify(withoutVersion(b));
}

/** All the wanted properties are there, with these values. */
export function hasProperties(
  metadata: Metadata | undefined,
  wanted: readonly (readonly [string, string])[],
): boolean {
  return (
    metadata?.properties !== undefined && wanted.every(([key, value]) => propertyOf(metadata, key) === value)
  );
}

function sortedMap<T>(map: Readonly<Record<string, T>> | undefined, canonical: (value: T) => T) {
  const entries = Object.entries(map ?? {});
  if (entries.length === 0) return undefined;
  return Object.fromEntries(entries.sort(byKey).map(([key, value]) => [key, canonical(value)]));
}

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : 1);

export function sortedSet(list: readonly string[]): readonly string[] {
  return [...new Set(list)].sort();
}

/** Without the parts that are undefined; undefined when none is left. */
function filled<T extends object>(parts: T): T | undefined {
  const entries = Object.entries(parts).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as T);
}
