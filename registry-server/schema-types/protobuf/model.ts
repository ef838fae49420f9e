import type { Edition, Import, Label, Literal, Scalar, Visibility } from './written.ts';

/** A file with every name resolved. */
export interface ProtoFile {
  readonly edition: Edition;
  readonly package: string;
  readonly imports: readonly Pick<Import, 'path' | 'kind'>[];
  /** Of files that are not known: nothing is taken from them. */
  readonly openImports: ReadonlySet<string>;
  /** Files that it takes something from and does not import. */
  readonly impliedImports: ReadonlySet<string>;
  /** The messages of groups first. */
  readonly messages: readonly ProtoMessage[];
  readonly enums: readonly ProtoEnum[];
  readonly extensions: readonly ProtoField[];
  readonly services: readonly ProtoService[];
  readonly options: OptionValues;
  /** What the file defines, and with it what it sees through its imports. */
  readonly own: Symbols;
  readonly symbols: Symbols;
}

/** What a file says of all that is in it. */
export type FileHead = Pick<ProtoFile, 'edition' | 'options'>;

/** What a full name stands for. Fields, values and services only keep others from having their name. */
export type ProtoSymbol =
  | ProtoMessage
  | ProtoEnum
  | ProtoField
  | { readonly kind: 'package' }
  | { readonly kind: 'other' };

/** Symbols by their full name. */
export type Symbols = ReadonlyMap<string, ProtoSymbol>;

export interface ProtoMessage {
  readonly kind: 'message';
  readonly name: string;
  readonly visibility?: Visibility | undefined;
  readonly fullName: string;
  /** As it was written, where it stands for a type that no file defines; it is empty then. */
  readonly unknownAs?: string;
  readonly package: string;
  readonly home: FileHead;
  /** Those outside of oneofs first, then oneof by oneof: the order in which they are printed. */
  readonly fields: readonly ProtoField[];
  readonly oneofs: readonly ProtoOneof[];
  /** The messages of groups first. */
  readonly messages: readonly ProtoMessage[];
  readonly enums: readonly ProtoEnum[];
  readonly extensions: readonly ProtoField[];
  readonly extensionRanges: readonly NumberRange[];
  readonly reservedRanges: readonly NumberRange[];
  readonly reservedNames: readonly string[];
  readonly options: OptionValues;
}

export interface ProtoField {
  readonly kind: 'field';
  readonly name: string;
  readonly fullName: string;
  readonly number: number;
  readonly label: Label | undefined;
  readonly type: FieldType;
  readonly oneof: string | undefined;
  /** The message that it extends, where it is an extension. */
  readonly extendee: ProtoMessage | undefined;
  /** The value as a descriptor has it: numbers in decimal, bytes with escapes. */
  readonly default: string | undefined;
  /** Only when it is not the one that follows from the name. */
  readonly jsonName: string | undefined;
  readonly options: OptionValues;
}

export type FieldType =
  | { readonly kind: 'scalar'; readonly scalar: Scalar }
  | { readonly kind: 'message'; readonly message: ProtoMessage }
  | { readonly kind: 'group'; readonly message: ProtoMessage }
  | { readonly kind: 'enum'; readonly enum: ProtoEnum }
  /** The entry is the message that a map is on the wire, with the fields key and value. */
  | {
      readonly kind: 'map';
      readonly key: ProtoField;
      readonly value: ProtoField;
      readonly entry: ProtoMessage;
    };

export interface ProtoOneof {
  readonly name: string;
  readonly options: OptionValues;
}

/** Both ends belong to it. */
export interface NumberRange {
  readonly start: number;
  readonly end: number;
  readonly options: OptionValues;
}

export interface ProtoEnum {
  readonly kind: 'enum';
  readonly name: string;
  readonly visibility?: Visibility | undefined;
  readonly fullName: string;
  readonly package: string;
  readonly home: FileHead;
  readonly values: readonly ProtoEnumValue[];
  readonly valuesByName: ReadonlyMap<string, ProtoEnumValue>;
  readonly reservedRanges: readonly NumberRange[];
  readonly reservedNames: readonly string[];
  readonly options: OptionValues;
}

export interface ProtoEnumValue {
  readonly name: string;
  readonly number: number;
  readonly options: OptionValues;
}

export interface ProtoService {
  readonly name: string;
  readonly methods: readonly ProtoMethod[];
  readonly options: OptionValues;
}

export interface ProtoMethod {
  readonly name: string;
  readonly input: ProtoMessage;
  readonly output: ProtoMessage;
  readonly streamsInput: boolean;
  readonly streamsOutput: boolean;
  readonly options: OptionValues;
}

/** The fields that are set in an options message, by number. */
export type OptionValues = readonly SetField[];

export interface SetField {
  readonly field: ProtoField;
  /** One, unless the field is repeated. */
  readonly values: readonly OptionValue[];
}

/** Whole numbers and enums are bigint, a string of bytes is a Buffer, a message its fields. */
export type OptionValue = bigint | number | boolean | string | Buffer | OptionValues | UnknownValue;

/** What is set to an option that nothing defines, or that is of another type. Its field has the name as it is written. */
export interface UnknownValue {
  readonly unknown: Literal;
}

export const noOptions: OptionValues = [];

export const emptyMessage: ProtoMessage = {
  kind: 'message',
  name: '',
  fullName: '',
  package: '',
  home: { edition: 'proto2', options: noOptions },
  fields: [],
  oneofs: [],
  messages: [],
  enums: [],
  extensions: [],
  extensionRanges: [],
  reservedRanges: [],
  reservedNames: [],
  options: noOptions,
};

export const plainField = (name: string, number: number, type: FieldType): ProtoField => ({
  kind: 'field',
  name,
  fullName: name,
  number,
  label: 'optional',
  type,
  oneof: undefined,
  extendee: undefined,
  default: undefined,
  jsonName: undefined,
  options: noOptions,
});

/** An option that stays as it was written. */
export const unknownOption = (name: string, value: Literal): SetField => ({
  field: plainField(name, unknownNumber, { kind: 'scalar', scalar: 'bytes' }),
  values: [{ unknown: value }],
});

// After all that have a number.
const unknownNumber = Number.POSITIVE_INFINITY;

export const isUnknown = (value: OptionValue | undefined): value is UnknownValue =>
  typeof value === 'object' && 'unknown' in value;

/** foo_bar becomes fooBar, as protoc does it. */
export const jsonNameOf = (name: string): string =>
  name.replace(/_+([A-Za-z0-9])?/g, (_, next: string | undefined) => next?.toUpperCase() ?? '');

/** foo_bar becomes FooBarEntry, as protoc does it. */
export const entryNameOf = (name: string): string => {
  const camel = jsonNameOf(name);
  return `${camel.charAt(0).toUpperCase()}${camel.slice(1)}Entry`;
};
