import { createHash } from 'node:crypto';
import type { SubjectName } from '../../subject-name.ts';
import type { Config, RegistryMode, SchemaContent } from '../store.ts';

/** What is written under keys of the bucket. A change that older servers cannot read moves `FORMAT`. */
export const FORMAT = 1;

/** The bucket's first object: whose archive this is. */
export interface RegistryRecord {
  readonly format: number;
  readonly registryId: string;
  /** False until all that was there before the archive was switched on has been shipped. */
  readonly isComplete: boolean;
  /** What its server calls the registry; absent where it has no name. */
  readonly name?: string;
  /** Where the ids of a new context begin; absent for 1. */
  readonly firstId?: number;
  /** The point in time that it was brought back to last, as it was asked for: that is done once. */
  readonly restoredAt?: string;
}

/** Asks whoever ships to the archive to say so, by removing it. */
export interface ClaimRecord {
  readonly holder: string;
}

export interface ContextRecord {
  readonly context: string;
  /** Absent for `.__GLOBAL`, and for a context that has settings and never had a schema. */
  readonly lastId?: number;
  /** Its ids were given all the same, and are not given again. */
  readonly isRemoved?: true;
  readonly config?: Config;
  readonly mode?: RegistryMode;
}

/** A schema under its id; its content is elsewhere. */
export interface SchemaRecord {
  readonly id: number;
  /** The digest of the content. */
  readonly digest: string;
  readonly isCopy?: true;
  readonly schemaCreatedAt: string;
  readonly targets?: readonly Target[];
}

export interface Target extends SubjectName {
  readonly position: number;
  readonly version: number;
}

export interface VersionRecord extends SchemaRecord {
  readonly version: number;
  readonly isDeleted?: true;
  readonly createdAt: string;
}

export interface SubjectRecord extends SubjectName {
  /** Absent when it has settings only. */
  readonly lastVersion?: number;
  readonly versions: readonly VersionRecord[];
  readonly config?: Config;
  readonly mode?: RegistryMode;
}

export interface LooseRecord extends SchemaRecord {
  readonly context: string;
}

/** How the last drill went: a restore into a database that is thrown away, compared with the registry that lives. */
export interface DrillRecord {
  /** ISO 8601, in UTC. */
  readonly endedAt: string;
  readonly seconds: number;
  /** The name of the snapshot that was restored; absent where it was the archive as it is. */
  readonly snapshot?: string | undefined;
  readonly subjects: number;
  readonly versions: number;
  readonly schemas: number;
  /** Schemas and versions that the live registry has no longer: they were removed for good since. */
  readonly gone: number;
  /** Schemas that were read in both, with all that a client is told of them. */
  readonly reads: number;
  /** How much is damaged, missing, or not what it is in the live registry. */
  readonly differing: number;
  /** The first of it, each with its key or its name. */
  readonly differences: readonly string[];
}

export const REGISTRY_KEY = 'registry.json';
export const CLAIM_KEY = 'claim.json';
export const DRILL_KEY = 'drill.json';
export const folders = {
  contents: 'contents/',
  contexts: 'contexts/',
  loose: 'loose/',
  subjects: 'subjects/',
  snapshots: 'snapshots/',
  parts: 'snapshot-parts/',
} as const;

export const keys = {
  // Two characters first: folders of millions of files would be slow where S3 is a file system.
  content: (digest: string) => `${folders.contents}${digest.slice(0, 2)}/${digest}.json`,
  context: (context: string) => `${folders.contexts}${segment(context)}.json`,
  loose: (context: string, id: number | string) => `${folders.loose}${segment(context)}/${id}.json`,
  subject: ({ context, subject }: SubjectName) =>
    `${folders.subjects}${segment(context)}/${segment(subject)}.json`,
} as const;

const LONGEST_SEGMENT = 200;

/** A name as a part of a key: readable, of characters that every S3 takes, and short enough for a file name. */
function segment(name: string): string {
  const escaped = encodeURIComponent(name.toWellFormed())
    .replace(/[!'()*~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/^\./, '%2E')
    .replaceAll('%', '!');
  if (escaped.length <= LONGEST_SEGMENT && escaped !== '') return escaped;
  // No escape is followed by a tilde, so this is nobody's name.
  return `${escaped.slice(0, 100)}~${sha256(name)}`;
}

/** A record with the digest of its text, so that damage is noticed. */
export function seal(record: object): string {
  const text = JSON.stringify(record);
  return `{"digest":"${sha256(text)}","record":${text}}\n`;
}

/** The digest of what was sealed. */
export function digestOf(sealed: string): string {
  return sealed.slice('{"digest":"'.length, '{"digest":"'.length + 64);
}

/** Undefined when it is not what was sealed. */
export function unseal<T>(text: string): T | undefined {
  const found = /^\{"digest":"([0-9a-f]{64})","record":(.*)\}\n$/s.exec(text);
  if (!found || sha256(found[2] ?? '') !== found[1]) return undefined;
  return JSON.parse(found[2] ?? '') as T;
}

export function writeContent({ schemaType, schema, references, metadata, ruleSet }: SchemaContent): string {
  return `${JSON.stringify({ schemaType, schema, references, metadata, ruleSet })}\n`;
}

/** Undefined when it is none; whether it is the right one, its digest says. */
export function readContent(text: string): SchemaContent | undefined {
  try {
    const { schemaType, schema, references, metadata, ruleSet } = JSON.parse(text) as SchemaContent;
    if (typeof schema !== 'string' || !Array.isArray(references)) return undefined;
    return { schemaType, schema, references, metadata, ruleSet };
  } catch {
    return undefined;
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
