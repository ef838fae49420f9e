import type { ProtoField, ProtoFile, ProtoMessage, ProtoSymbol, Symbols } from './model.ts';

export interface LinkedFile {
  readonly file: ProtoFile;
  readonly publicImports: readonly LinkedFile[];
  readonly faults: Faults;
  /** A map was written out as a list of entries. */
  readonly hasWrittenMaps: boolean;
}

/** What is wrong with a file that parses, the first of each: words with their place. */
export interface Faults {
  /** What no compiler could ever read, and types that are not there. */
  readonly usual: string | undefined;
  /** What protoc minds and the reference does not. */
  readonly strict: string | undefined;
}

/** What a file can see. */
export interface Surroundings {
  /** By path. */
  readonly imports: ReadonlyMap<string, LinkedFile>;
  /** What all given and all known files define, imported or not: the reference looks there, too. */
  readonly elsewhere: () => Elsewhere;
}

export interface Elsewhere {
  readonly symbols: Symbols;
  /** The file that defines a symbol. */
  readonly paths: ReadonlyMap<ProtoSymbol, string>;
}

/** What options are made of. */
export interface OptionTypes {
  /** The options messages of descriptor.proto. */
  readonly message: (name: string) => ProtoMessage | undefined;
  /** The custom options that need no import. */
  readonly implied: () => readonly ProtoField[];
}
