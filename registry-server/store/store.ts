import type { Reference } from '../schema-types/schema-type.ts';
import type { SubjectName } from '../subject-name.ts';
import type { DatabaseStatus, PoolUsage } from './database.ts';

/** What makes a schema that schema: equal content has one id in a context. */
export interface SchemaContent {
  readonly schemaType: string;
  readonly schema: string;
  readonly references: readonly Reference[];
}

/** A schema under its id. Never changes, and its id is never given to another. */
export interface StoredSchema extends SchemaContent {
  readonly context: string;
  readonly id: number;
  readonly guid: string;
}

export interface Version {
  readonly version: number;
  readonly id: number;
  readonly isDeleted: boolean;
}

export interface Config {
  readonly compatibility?: string;
  readonly normalize?: boolean;
}

export interface Settings {
  readonly config?: Config;
  readonly mode?: string;
}

/** What applies to a subject, the nearest first. */
export interface SettingsChain {
  readonly subject: Settings;
  readonly context: Settings;
  readonly global: Settings;
}

/** Everything that changes about a subject, at one moment. */
export interface SubjectState {
  /** Never the same twice; 0 while nothing was ever registered. */
  readonly revision: string;
  readonly settingsRevision: string;
  readonly settings: SettingsChain;
  readonly lastVersion: number;
  /** Ascending, with the soft-deleted ones. */
  readonly versions: readonly Version[];
}

/** The version that a reference points at, as it was read: the write fails when it is no longer that. */
export interface ReferenceTarget {
  readonly name: SubjectName;
  readonly version: number;
  readonly id: number;
}

export interface NewVersion {
  readonly name: SubjectName;
  /** The state that the version was judged against. */
  readonly judgedAgainst: SubjectState;
  readonly content: SchemaContent;
  readonly targets: readonly ReferenceTarget[];
}

export interface SubjectFilter {
  /** Of all contexts when undefined. */
  readonly context?: string;
  readonly prefix: string;
  readonly show: 'live' | 'all' | 'deleted';
  readonly offset: number;
  /** Unlimited when undefined. */
  readonly limit?: number;
}

/** What a delete must know beyond the state: who points at which version. */
export interface Referrer {
  readonly version: number;
  readonly context: string;
  readonly id: number;
  /** Some live version holds the referring schema. */
  readonly isLive: boolean;
  /** Every version that holds the referring schema belongs to the subject itself. */
  readonly isOwn: boolean;
}

export interface Removal {
  readonly versions: readonly number[];
  readonly isPermanent: boolean;
}

/** Something in the registry changed; caches drop what they know about it. */
export type Change =
  | { readonly context: string; readonly subject: string }
  | { readonly settingsOf: string }
  | { readonly purged: true };

/** Told of every committed change, of this server or of another on the same database. */
export interface ChangeListener {
  changed(change: Change): void;
  /** From now on every change will be told. `purges` rises when schemas were removed for good. */
  connected(purges: string): void;
  /** Changes may go unnoticed until `connected`. */
  lost(): void;
}

export interface StoreStatus extends DatabaseStatus {
  readonly migration: number;
}

/** Where schemas live. All methods throw StoreUnavailable when the database cannot answer. */
export interface Store {
  readonly kind: DatabaseStatus['kind'];
  /** Brings the tables up to date; several servers may try at once. Answers the number of the last migration. */
  migrate(): Promise<number>;

  /**
   * `recent` may come from a cache that hears of every change; `now` asks the database. A `guess` is recent, but a
   * name that a cache never met may be taken for new: for what addVersion checks before it believes it.
   */
  readSubject(name: SubjectName, asOf: 'guess' | 'recent' | 'now'): Promise<SubjectState>;
  findSchema(context: string, id: number): Promise<StoredSchema | undefined>;
  /** Lowest context first; the same content may live in several. */
  listSchemasByGuid(guid: string): Promise<readonly StoredSchema[]>;
  /** The SHA-256 of the content under an id, in hex. */
  findDigest(context: string, id: number): Promise<string | undefined>;
  findIdOf(context: string, content: SchemaContent): Promise<number | undefined>;

  /** Undefined when the subject, its settings or a target moved since they were read: nothing was written. */
  addVersion(added: NewVersion): Promise<{ readonly id: number; readonly version: number } | undefined>;
  /** `decide` sees the subject while nobody else can write it; what it throws undoes the removal. */
  removeVersions(
    name: SubjectName,
    decide: (state: SubjectState, referrers: readonly Referrer[]) => Removal,
  ): Promise<void>;
  /** As removeVersions: what `decide` returns is then stored for the name. */
  changeSettings(name: SubjectName, decide: (before: SettingsChain) => Settings): Promise<void>;

  /** Qualified names, ascending. */
  listSubjects(filter: SubjectFilter): Promise<readonly string[]>;
  /** Of one schema: where it is used, by subject and version. */
  listUses(
    context: string,
    id: number,
  ): Promise<
    readonly { readonly name: SubjectName; readonly version: number; readonly isDeleted: boolean }[]
  >;
  /** Ids of the schemas that point at a version, ascending. */
  listReferrers(name: SubjectName, version: number): Promise<readonly Referrer[]>;
  listContexts(): Promise<readonly string[]>;

  /** Call once. */
  watch(listener: ChangeListener): void;
  status(deadlineMs: number): Promise<StoreStatus>;
  poolUsage(): PoolUsage;
  close(): Promise<void>;
}
