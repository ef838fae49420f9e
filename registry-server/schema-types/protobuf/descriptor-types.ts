import type { Edition, Label, Scalar } from './written.ts';

/** The numbers that a FieldDescriptorProto has for types. */
export const scalarNumbers: Readonly<Record<Scalar, number>> = {
  double: 1,
  float: 2,
  int64: 3,
  uint64: 4,
  int32: 5,
  fixed64: 6,
  fixed32: 7,
  bool: 8,
  string: 9,
  bytes: 12,
  uint32: 13,
  sfixed32: 15,
  sfixed64: 16,
  sint32: 17,
  sint64: 18,
};
export const groupType = 10;
export const messageType = 11;
export const enumType = 14;

export const scalarsByNumber: ReadonlyMap<number, string> = new Map(
  Object.entries(scalarNumbers).map(([name, number]) => [number, name]),
);

export const labelNumbers: Readonly<Record<Label, number>> = { optional: 1, required: 2, repeated: 3 };

/** Only editions have a number; proto2 and proto3 are named. */
export const editionNumbers: Readonly<Partial<Record<Edition, number>>> = { '2023': 1000, '2024': 1001 };
