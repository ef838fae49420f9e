import { contextPart, type SchemaBody } from '../schema.ts';

/** A version as a registry shows it. */
export interface HeldVersion {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  /** Undefined where the registry knows none. */
  readonly guid: string | undefined;
  readonly isDeleted: boolean;
  readonly content: SchemaBody;
}

/** What could not be copied, and why. */
export interface NotTaken {
  readonly what: 'version' | 'deletion' | 'config' | 'mode';
  /** Of a whole context it is `:.staging:`, of the default one it is empty. */
  readonly subject: string;
  readonly version?: number;
  readonly id?: number;
  readonly why: string;
}

/** All versions of a registry, or of some of its contexts. */
export interface RegistryContent {
  /** `.`, `.staging`; undefined where the registry knows no contexts. */
  readonly contexts: readonly string[] | undefined;
  /** By `keyOf`, in the order of subjects and versions. */
  readonly versions: ReadonlyMap<string, HeldVersion>;
  /** Names that stand for another subject, as far as the registry lists them. */
  readonly aliases: readonly string[];
  /** What it lists and does not show. */
  readonly unreadable: readonly NotTaken[];
}

export const keyOf = ({ subject, version }: { readonly subject: string; readonly version: number }): string =>
  `${version} ${subject}`;

/** `.staging` of `:.staging:orders`, `.` of `orders`. */
export const contextOf = (subject: string): string => contextPart(subject).slice(1, -1) || '.';

/** What stands for a whole context where a subject is named: nothing for the default one. */
export const scopeOf = (context: string): string => (context === '.' ? '' : `:${context}:`);
