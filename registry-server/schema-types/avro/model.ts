import type { Json } from '../json-text.ts';

export const primitives = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const;
export type PrimitiveName = (typeof primitives)[number];

/** Attributes that the specification does not reserve, in their order: logicalType, precision, connect.name, … */
export type Properties = readonly (readonly [string, Json])[];

interface Named {
  /** Without its namespace. */
  readonly name: string;
  /** Empty for the null namespace. */
  readonly namespace: string;
  readonly fullName: string;
  /** Full names. */
  readonly aliases: readonly string[];
  readonly doc: string | undefined;
  readonly props: Properties;
}

export interface AvroPrimitive {
  readonly type: PrimitiveName;
  readonly props: Properties;
}
export interface AvroArray {
  readonly type: 'array';
  readonly items: AvroSchema;
  readonly props: Properties;
}
export interface AvroMap {
  readonly type: 'map';
  readonly values: AvroSchema;
  readonly props: Properties;
}
export interface AvroUnion {
  readonly type: 'union';
  readonly branches: readonly AvroSchema[];
}
export interface AvroFixed extends Named {
  readonly type: 'fixed';
  readonly size: number;
}
export interface AvroEnum extends Named {
  readonly type: 'enum';
  readonly symbols: readonly string[];
  readonly default: string | undefined;
}
export interface AvroField {
  readonly name: string;
  readonly type: AvroSchema;
  readonly doc: string | undefined;
  /** `undefined` is no default; a default of null is null. */
  readonly default: Json | undefined;
  readonly order: 'ascending' | 'descending' | 'ignore';
  readonly aliases: readonly string[];
  readonly props: Properties;
}
export interface AvroRecord extends Named {
  readonly type: 'record';
  readonly isError: boolean;
  readonly fields: readonly AvroField[];
  readonly fieldsByName: ReadonlyMap<string, AvroField>;
}

export type AvroSchema = AvroPrimitive | AvroArray | AvroMap | AvroUnion | AvroFixed | AvroEnum | AvroRecord;

export type AvroNamed = AvroFixed | AvroEnum | AvroRecord;

export const isNamed = (schema: AvroSchema): schema is AvroNamed => 'fullName' in schema;
