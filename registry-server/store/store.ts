import type { CompatibilityLevel, CompatibilityPolicy } from '../compatibility/modes.ts';
import type { Metadata } from '../data-contracts/metadata.ts';
import type { RuleSet } from '../data-contracts/rule-set.ts';
import type { Reference } from '../schema-types/schema-type.ts';
import type { SubjectName } from '../subject-name.ts';
import type { DatabaseStatus, PoolUsage } from './database.ts';
import type { Migrated } from './migrate.ts';
import type { Volume } from './volume.ts';

export const registryModes = ['READWRITE', 'READONLY', 'READONLY_OVERRIDE', 'IMPORT', 'FORWARD'] as const;
export type RegistryMode = (typeof registryModes)[number];

/** What makes a schema that schema: equal content has one id in a context. */
export interface SchemaContent {
  readonly schemaType: string;
  readonly schema: string;
  readonly references: readonly Reference[];
  readonly metadata?: Metadata;
  readonly ruleSet?: RuleSet;
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
  readonly createdAtMs: number;
}

/** What an owner set for a subject or a context; nothing is filled in. */
export interface Config {
  readonly compatibility?: CompatibilityLevel;
  /** A metadata property: only versions with the same value of it are compared. */
  readonly compatibilityGroup?: string;
  readonly compatibilityPolicy?: CompatibilityPolicy;
  readonly normalize?: boolean;
  readonly validateFields?: boolean;
  readonly validateNewSchemas?: boolean;
  readonly validateRules?: boolean;
  /** The subject that this one stands for. */
  readonly alias?: string;
  readonly aliasForDeks?: string;
  readonly defaultMetadata?: Metadata;
  readonly overrideMetadata?: Metadata;
  readonly defaultRuleSet?: RuleSet;
  readonly overrideRuleSet?: RuleSet;
}

export interface Settings {
  readonly config?: Config;
  readonly mode?: RegistryMode;
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

/** A version under the id, and unless it is 0 the number, that it had in another registry. */
export interface ImportedVersion extends NewVersion {
  readonly id: number;
  readonly version: number;
}

export interface SubjectFilter {
  /** Of all contexts when undefined. */
  readonly context?: string;
  readonly prefix: string;
  readonly show: 'live' | 'all' | 'deleted';
}

export interface VersionFilter {
  readonly context?: string;
  readonly prefix: string;
  readonly withDeleted: boolean;
  readonly latestOnly: boolean;
  /** Only schemas with a rule of this type. */
  readonly ruleType?: string;
  /** Subjects that are listed, too: whole, and none that the prefix finds. */
  readonly also?: readonly SubjectName[];
}

/** A part of a list that may be longer than memory. */
export interface Part<Position> {
  /** Behind this one; from the beginning when undefined. */
  readonly after?: Position;
  readonly offset: number;
  readonly limit: number;
}

export interface VersionPosition extends SubjectName {
  readonly version: number;
}

export interface ListedVersion extends Version {
  readonly name: SubjectName;
  readonly content: StoredSchema;
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
  | { readonly purged: true }
  /** Changes may have been missed: nothing that is remembered counts any more. */
  | { readonly anything: true };

/** Told of every committed change, of this server or of another on the same database. */
export interface ChangeListener {
  changed(change: Change): void;
  /** From now on every change will be told. `purges` rises when schemas were removed for good. */
  connected(purges: string): void;
  /** Changes may go unnoticed until `connected`. */
  lost(): void;
  /** `connected` is tried again. */
  failed?(error: unknown): void;
}

/** How much there is. */
export interface Holdings {
  /** A subject counts as deleted where it has soft-deleted versions only. */
  readonly subjects: LiveAndDeleted;
  readonly types: readonly {
    readonly type: string;
    readonly schemas: number;
    readonly versions: LiveAndDeleted;
  }[];
}

export interface LiveAndDeleted {
  readonly live: number;
  readonly deleted: number;
}

export interface StoreStatus extends DatabaseStatus, Migrated {
  /** Undefined where nobody tells. */
  readonly volume?: Volume | undefined;
}

/** Where schemas live. All methods throw StoreUnavailable when the database cannot answer. */
export interface Store {
  readonly kind: DatabaseStatus['kind'];
  /** Brings the tables up to date; several servers may try at once. Answers the number of the last migration; given up at the signal. */
  migrate(signal?: AbortSignal): Promise<number>;

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
  /** Further ids of the same type, text and references: with metadata or rules, or imported under a second id. */
  listIdsOfText(context: string, content: SchemaContent): Promise<readonly number[]>;
  /** Of the versions of a subject, soft-deleted ones too. */
  listIdsWithReferences(name: SubjectName): Promise<readonly number[]>;
  /** The highest id ever given in a context; 0 before the first. */
  findLastId(context: string): Promise<number>;

  /** Undefined when the subject, its settings or a target moved since they were read: nothing was written. */
  addVersion(added: NewVersion): Promise<{ readonly id: number; readonly version: number } | undefined>;
  /** `taken` when the id belongs to another content. Undefined as for addVersion. */
  importVersion(imported: ImportedVersion): Promise<{ readonly version: number } | 'taken' | undefined>;
  /** `decide` sees the subject while nobody else can write it; what it throws undoes the removal. */
  removeVersions(
    name: SubjectName,
    decide: (state: SubjectState, referrers: readonly Referrer[]) => Removal,
  ): Promise<void>;
  /**
   * As removeVersions: what `decide` returns is then stored for the name.
   * `hasLive`: some subject in the name's reach has a live version; the reach of `.__GLOBAL` is everything.
   */
  changeSettings(
    name: SubjectName,
    decide: (before: SettingsChain, hasLive: boolean) => Settings,
  ): Promise<void>;
  /** Those of the context itself, and of all its subjects that have any. */
  listSettings(context: string): Promise<readonly (Settings & { readonly name: SubjectName })[]>;
  /** False when a subject is left in it, a soft-deleted one too: nothing was removed. */
  removeContext(context: string): Promise<boolean>;

  /** In the order of UTF-16, by the name with its context before it. */
  listSubjects(filter: SubjectFilter, part: Part<SubjectName>): Promise<readonly SubjectName[]>;
  /** In the order of `listSubjects`, then ascending by version. */
  listVersions(filter: VersionFilter, part: Part<VersionPosition>): Promise<readonly ListedVersion[]>;
  /** All but the default one that hold a subject of this name, soft-deleted ones too. */
  listContextsOf(subject: string): Promise<readonly string[]>;
  /** Subjects that stand for others, and the names they stand for as they were written. */
  listAliases(): Promise<readonly { readonly name: SubjectName; readonly alias: string }[]>;
  /** Where one schema is used, by subject and version. */
  listUses(
    context: string,
    id: number,
  ): Promise<
    readonly { readonly name: SubjectName; readonly version: number; readonly isDeleted: boolean }[]
  >;
  /** Ids of the schemas that point at a version, ascending. */
  listReferrers(name: SubjectName, version: number): Promise<readonly Referrer[]>;
  listContexts(): Promise<readonly string[]>;
  /** Reads whole tables, on a connection of its own: seconds for a million schemas. Given up at the signal. */
  countHoldings(signal?: AbortSignal): Promise<Holdings>;

  /** Must be called once only. */
  watch(listener: ChangeListener): void;
  status(deadlineMs: number): Promise<StoreStatus>;
  /** As `status` last saw it; undefined where nobody tells. */
  volume(): Volume | undefined;
  poolUsage(): PoolUsage;
  close(): Promise<void>;
}
