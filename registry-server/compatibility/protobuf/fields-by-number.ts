import type { ProtoField, ProtoMessage } from '../../schema-types/protobuf/model.ts';

export type FieldsByNumber = ReadonlyMap<number, ProtoField>;

/** All fields, those of oneofs too: a field is its number, wherever it stands. */
export const fieldsByNumber = ({ fields }: ProtoMessage): FieldsByNumber =>
  new Map(fields.map((field) => [field.number, field]));
