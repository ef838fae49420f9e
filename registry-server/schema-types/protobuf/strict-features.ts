import { type Features, isClosed, ownFeatures, valueName } from './features.ts';
import type { FieldType, ProtoEnum, ProtoField } from './model.ts';

const isMessageType = ({ kind }: FieldType): boolean =>
  kind === 'message' || kind === 'group' || kind === 'map';

export const isNumber = (type: FieldType): boolean =>
  type.kind === 'enum' || (type.kind === 'scalar' && type.scalar !== 'string' && type.scalar !== 'bytes');

const isString = (type: FieldType): boolean => type.kind === 'scalar' && type.scalar === 'string';

export const isRepeated = ({ label, type }: ProtoField): boolean =>
  label === 'repeated' || type.kind === 'map';

export function enumsIn(type: FieldType): readonly ProtoEnum[] {
  if (type.kind === 'enum') return [type.enum];
  return type.kind === 'map' ? enumsIn(type.value.type) : [];
}

export const featureOf = (field: ProtoField, name: string): string | undefined => {
  const set = ownFeatures(field.options).find((one) => one.field.name === name);
  return set && valueName(set);
};

/** What a field says with a feature that has nothing to say there. */
export function featureFault(field: ProtoField, features: Features): string | undefined {
  const { type, oneof, extendee } = field;
  const presence = featureOf(field, 'field_presence');
  if (presence !== undefined) {
    if (oneof !== undefined) return 'is part of a oneof and has no presence of its own';
    if (isRepeated(field)) return 'is repeated and has no presence';
    if (extendee !== undefined) return 'is an extension and has no presence of its own';
    if (presence === 'IMPLICIT' && isMessageType(type))
      return 'is a message, and its presence cannot be implicit';
  }
  const isImplicit =
    features.field_presence === 'IMPLICIT' &&
    oneof === undefined &&
    !isRepeated(field) &&
    extendee === undefined;
  if (isImplicit && field.default !== undefined) return 'has implicit presence and a default';
  const isImplicitMap = features.field_presence === 'IMPLICIT' && type.kind === 'map';
  if ((isImplicit || isImplicitMap) && enumsIn(type).some((one) => isClosed(one))) {
    return 'has implicit presence and a closed enum';
  }
  const encoding = featureOf(field, 'repeated_field_encoding');
  if (encoding !== undefined && !isRepeated(field))
    return 'is not repeated and has no repeated_field_encoding';
  if (encoding === 'PACKED' && !isNumber(type))
    return 'is packed, which only repeated numbers, bools and enums can be';
  if (featureOf(field, 'utf8_validation') !== undefined) {
    const strings = type.kind === 'map' ? [type.key.type, type.value.type] : [type];
    if (!strings.some(isString)) return 'is no string and has no utf8_validation';
  }
  if (
    featureOf(field, 'message_encoding') !== undefined &&
    type.kind !== 'message' &&
    type.kind !== 'group'
  ) {
    return 'is no message and has no message_encoding';
  }
  return undefined;
}
