import type { Side } from '../../schema-types/schema-type.ts';
import { breaksProtobufReader, type ProtobufChangeKind } from '../change.ts';

type Words = (path: string, reader: Side, writer: Side) => string;

type Breaking = {
  [K in ProtobufChangeKind]: (typeof breaksProtobufReader)[K] extends true ? K : never;
}[ProtobufChangeKind];

/** What a reader with the later schema minds, in one sentence that names the place and the two sides. */
export function describe(kind: ProtobufChangeKind, path: string, reader: Side, writer: Side): string {
  if (isBreaking(kind)) return words[kind](path, reader, writer);
  return `The ${reader} and the ${writer} schema differ at path '${path}', which breaks nothing`;
}

const isBreaking = (kind: ProtobufChangeKind): kind is Breaking => breaksProtobufReader[kind];

const words: Record<Breaking, Words> = {
  PACKAGE_CHANGED: (path, reader, writer) =>
    `The package of the ${reader} schema is not that of the ${writer} schema, so every type at path '${path}' has another full name`,
  MESSAGE_REMOVED: (path, reader, writer) =>
    `The ${reader} schema lacks the message at path '${path}' of the ${writer} schema`,
  FIELD_KIND_CHANGED: (path, reader, writer) =>
    `The field at path '${path}' is a scalar, a message, a group or a map in the ${reader} schema, and another of these in the ${writer} schema`,
  FIELD_SCALAR_KIND_CHANGED: (path, reader, writer) =>
    `The scalar type of the field at path '${path}' in the ${reader} schema is encoded in another way than in the ${writer} schema`,
  FIELD_NAMED_TYPE_CHANGED: (path, reader, writer) =>
    `The message that is the type of the field at path '${path}' in the ${reader} schema is not the one in the ${writer} schema`,
  FIELD_NUMERIC_LABEL_CHANGED: (path, reader, writer) =>
    `The number at path '${path}' has another label in the ${reader} schema than in the ${writer} schema`,
  REQUIRED_FIELD_ADDED: (path, reader, writer) =>
    `The ${reader} schema requires the field at path '${path}', which the ${writer} schema does not have`,
  REQUIRED_FIELD_REMOVED: (path, reader, writer) =>
    `The ${reader} schema lacks the field at path '${path}', which the ${writer} schema requires`,
  ONEOF_FIELD_REMOVED: (path, reader, writer) =>
    `The ${reader} schema lacks the oneof field at path '${path}' of the ${writer} schema`,
  MULTIPLE_FIELDS_MOVED_TO_ONEOF: (path, reader, writer) =>
    `Several fields of the oneof at path '${path}' in the ${reader} schema are outside of oneofs in the ${writer} schema, where they can be set together`,
  FIELD_MOVED_TO_EXISTING_ONEOF: (path, reader, writer) =>
    `Fields of the oneof at path '${path}' in the ${reader} schema can be set together in the ${writer} schema`,
};
