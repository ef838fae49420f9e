/** What a file says, before any name in it is resolved: a text and a descriptor both become this. */
export interface WrittenFile extends WrittenBody {
  readonly edition: Edition;
  /** Empty for none. */
  readonly package: string;
  readonly imports: readonly Import[];
  readonly services: readonly WrittenService[];
  readonly options: WrittenOptions;
  /** Whether it is a text, and says its syntax or edition. */
  readonly form: 'descriptor' | 'text' | 'text with its syntax';
  /** What the grammar of protoc has not and ours takes; the first of it. */
  readonly minded: string | undefined;
  /** Words for a place: `line 3, column 5`. */
  readonly placeOf: (where: Where) => string;
}

export const editions = ['proto2', 'proto3', '2023', '2024'] as const;
export type Edition = (typeof editions)[number];

/** An offset in a text, or words for a place in a descriptor. */
export type Where = number | string;

export interface Import {
  readonly path: string;
  readonly kind: 'plain' | 'public' | 'weak' | 'option';
  readonly where: Where;
}

export interface WrittenBody {
  readonly messages: readonly WrittenMessage[];
  readonly enums: readonly WrittenEnum[];
  /** Fields of `extend` blocks, each with its extendee. */
  readonly extensions: readonly WrittenField[];
}

export interface WrittenMessage extends WrittenBody {
  readonly name: string;
  readonly visibility?: Visibility | undefined;
  readonly fields: readonly WrittenField[];
  readonly oneofs: readonly WrittenOneof[];
  readonly extensionRanges: readonly WrittenRange[];
  readonly reservedRanges: readonly WrittenRange[];
  readonly reservedNames: readonly string[];
  /** How a text reserves them. */
  readonly reserved: readonly ReservedStatement[];
  readonly options: WrittenOptions;
  readonly where: Where;
}

/** What one statement reserves. */
export type ReservedStatement = readonly (WrittenRange | ReservedName)[];

export interface ReservedName {
  readonly name: string;
  /** Without quotes, as in editions. */
  readonly isWord: boolean;
}

/** Who may use a type: other files, or only its own. Written from edition 2024 on. */
export type Visibility = 'export' | 'local';

/** The numbers of SymbolVisibility in a descriptor. */
export const visibilityNumbers: Readonly<Record<Visibility, number>> = { local: 1, export: 2 };

export interface WrittenField {
  readonly name: string;
  readonly number: number;
  readonly label: Label | undefined;
  /** A scalar's name, or the name of a message or enum as it was written. */
  readonly type: string;
  readonly map: { readonly key: string; readonly value: string } | undefined;
  /** The message that a group declares along with the field. */
  readonly group: WrittenMessage | undefined;
  readonly oneof: string | undefined;
  readonly extendee: string | undefined;
  /** Where its `extend` block begins. */
  readonly block?: Where | undefined;
  /** A literal of a text, or the string of a descriptor. */
  readonly default: Literal | string | undefined;
  readonly jsonName: string | undefined;
  readonly options: WrittenOptions;
  readonly where: Where;
}

export type Label = 'optional' | 'required' | 'repeated';

export interface WrittenOneof {
  readonly name: string;
  readonly options: WrittenOptions;
  readonly where: Where;
}

/** Both ends belong to it. */
export interface WrittenRange {
  readonly start: number;
  readonly end: number;
  readonly options: WrittenOptions;
  readonly where: Where;
  /** Where the statement begins that it is part of. */
  readonly statement?: Where | undefined;
}

export interface WrittenEnum {
  readonly name: string;
  readonly visibility?: Visibility | undefined;
  readonly values: readonly WrittenEnumValue[];
  readonly reservedRanges: readonly WrittenRange[];
  readonly reservedNames: readonly string[];
  readonly reserved: readonly ReservedStatement[];
  readonly options: WrittenOptions;
  readonly where: Where;
}

export interface WrittenEnumValue {
  readonly name: string;
  readonly number: number;
  readonly options: WrittenOptions;
  readonly where: Where;
}

export interface WrittenService {
  readonly name: string;
  readonly methods: readonly WrittenMethod[];
  readonly options: WrittenOptions;
  readonly where: Where;
}

export interface WrittenMethod {
  readonly name: string;
  readonly input: string;
  readonly output: string;
  readonly streamsInput: boolean;
  readonly streamsOutput: boolean;
  readonly options: WrittenOptions;
  readonly where: Where;
}

/** A text has one option after the other, a descriptor the bytes of the options message. */
export type WrittenOptions = readonly WrittenOption[] | Uint8Array;

export interface WrittenOption {
  readonly name: readonly NamePart[];
  readonly value: Literal;
  readonly where: Where;
}

export interface NamePart {
  readonly name: string;
  /** Written in parentheses. */
  readonly isExtension: boolean;
}

export type Literal =
  | { readonly kind: 'word'; readonly text: string }
  /** With its sign. */
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'string'; readonly bytes: Buffer }
  | { readonly kind: 'message'; readonly fields: readonly LiteralField[] }
  | { readonly kind: 'list'; readonly items: readonly Literal[] };

export interface LiteralField extends NamePart {
  readonly value: Literal;
}

export const scalars = [
  'double',
  'float',
  'int64',
  'uint64',
  'int32',
  'fixed64',
  'fixed32',
  'bool',
  'string',
  'bytes',
  'uint32',
  'sfixed32',
  'sfixed64',
  'sint32',
  'sint64',
] as const;
export type Scalar = (typeof scalars)[number];

const scalarNames: ReadonlySet<string> = new Set(scalars);
export const isScalar = (type: string): type is Scalar => scalarNames.has(type);

export const maxFieldNumber = 2 ** 29 - 1;
export const maxEnumNumber = 2 ** 31 - 1;

/** How deep messages and options may be nested; protoc refuses what is deeper, too. */
export const maxDepth = 32;

/**
 * Of a full name. Every field has one: thousands of fields in a message with a name of many kilobytes would fill
 * the memory.
 */
export const maxNameLength = 512;
/** Each is a scope in which a name is looked up. */
export const maxPackageParts = 32;
