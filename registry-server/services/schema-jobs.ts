import { LRUCache } from 'lru-cache';
import { checkCompatibility, type ExistingVersion, type Strictness } from '../compatibility/check.ts';
import { render } from '../contracts/render.ts';
import type { FaultRules, ResolvedReference, SchemaModel, SchemaType } from '../schema-types/schema-type.ts';
import { schemaTypes } from '../schema-types/table.ts';
import type { TagChanges } from '../schema-types/tags.ts';

/** A schema as it travels between threads: its model stays where it was made. */
export interface SchemaSource {
  readonly schemaType: string;
  readonly text: string;
  readonly references: readonly ResolvedReference[];
  /** The same for the same source, different for different ones. */
  readonly key: string;
}

export interface CheckJob {
  readonly strictness: Strictness;
  readonly proposed: SchemaSource;
  readonly existing: readonly { readonly version: number; readonly schema: SchemaSource }[];
}

type Schemas = (source: SchemaSource) => SchemaModel;

/** What a thread does. Everything that goes in and comes out can be cloned. */
export const schemaJobs = {
  parse: (schemas: Schemas, source: SchemaSource) => {
    const parsed = schemas(source);
    return { canonical: parsed.canonical(), normalized: parsed.normalized() };
  },
  format: (schemas: Schemas, { source, format }: { source: SchemaSource; format: string }) =>
    schemas(source).formatted(format),
  topLevelFields: (schemas: Schemas, source: SchemaSource) => schemas(source).topLevelFields(),
  findFault: (
    schemas: Schemas,
    { source, rules, isStrict }: { source: SchemaSource; rules: FaultRules; isStrict: boolean },
  ) => schemas(source).findFault(rules, isStrict),
  tags: (schemas: Schemas, source: SchemaSource) => schemas(source).tags(),
  retag: (schemas: Schemas, { source, changes }: { source: SchemaSource; changes: TagChanges }) =>
    schemas(source).withTags(changes),
  check: (schemas: Schemas, { strictness, proposed, existing }: CheckJob) => {
    const type: SchemaType = schemaTypes[proposed.schemaType as keyof typeof schemaTypes];
    const versions: ExistingVersion[] = existing.map(({ version, schema }) => ({
      version,
      schema: schemas(schema),
    }));
    return checkCompatibility(type, strictness, schemas(proposed), versions);
  },
  render: (_schemas: Schemas, request: string) => render(request),
} as const;

export type JobKind = keyof typeof schemaJobs;
export type JobInput<K extends JobKind> = Parameters<(typeof schemaJobs)[K]>[1];
export type JobResult<K extends JobKind> = ReturnType<(typeof schemaJobs)[K]>;

export interface JobRequest<K extends JobKind = JobKind> {
  readonly kind: K;
  readonly input: JobInput<K>;
}

export type JobReply =
  /** Said once, when the thread is ready for jobs. */
  | { readonly outcome: 'started' }
  | { readonly outcome: 'done'; readonly result: unknown }
  /** The words are for the client. */
  | { readonly outcome: 'invalid'; readonly words: string }
  | { readonly outcome: 'failed'; readonly error: unknown };

/** @param maxCharacters of the texts whose models are kept, all together */
export function keepSchemas(maxCharacters: number): Schemas {
  const kept = new LRUCache<string, SchemaModel>({ maxSize: maxCharacters });
  return (source) => {
    const known = kept.get(source.key);
    if (known) return known;
    const type: SchemaType = schemaTypes[source.schemaType as keyof typeof schemaTypes];
    const parsed = type.parse(source.text, source.references);
    kept.set(source.key, parsed, { size: sizeOf(source) });
    return parsed;
  };
}

export const sizeOf = ({ text, references }: Pick<SchemaSource, 'text' | 'references'>): number =>
  references.reduce((sum, reference) => sum + reference.schema.length, text.length + 1);
