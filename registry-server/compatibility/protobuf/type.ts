import type { FieldType, ProtoMessage } from '../../schema-types/protobuf/model.ts';
import type { Scalar } from '../../schema-types/protobuf/written.ts';
import type { Walk } from './walk.ts';

/** Scalars that are read as one another (language guide, Updating a message type). An enum is a general number. */
const scalarGroups: Readonly<Record<Scalar, string>> = {
  int32: 'general number',
  int64: 'general number',
  uint32: 'general number',
  uint64: 'general number',
  bool: 'general number',
  sint32: 'zigzag number',
  sint64: 'zigzag number',
  string: 'string',
  bytes: 'string',
  fixed32: 'fixed 32',
  sfixed32: 'fixed 32',
  fixed64: 'fixed 64',
  sfixed64: 'fixed 64',
  float: 'float',
  double: 'double',
};

const families = {
  scalar: 'scalar',
  enum: 'scalar',
  message: 'message',
  group: 'group',
  map: 'map',
} as const satisfies Record<FieldType['kind'], string>;

/** Adds what differs. What is left to compare, the label, depends on the kind of scalar that both are. */
export function compareTypes(
  walk: Walk,
  before: FieldType,
  after: FieldType,
): 'number' | 'string' | undefined {
  if (families[before.kind] !== families[after.kind]) {
    walk.add('FIELD_KIND_CHANGED');
    return undefined;
  }
  if (before.kind === 'map' && after.kind === 'map') {
    compareTypes(walk, before.key.type, after.key.type);
    compareTypes(walk, before.value.type, after.value.type);
    return undefined;
  }
  const [was, is] = [messageOf(before), messageOf(after)];
  if (was && is) {
    compareNamed(walk, was, is);
    return undefined;
  }
  const group = groupOf(after);
  if (groupOf(before) === group) return group === 'string' ? 'string' : 'number';
  walk.add('FIELD_SCALAR_KIND_CHANGED');
  return undefined;
}

const messageOf = (type: FieldType): ProtoMessage | undefined =>
  type.kind === 'message' || type.kind === 'group' ? type.message : undefined;

const groupOf = (type: FieldType): string =>
  type.kind === 'scalar' ? scalarGroups[type.scalar] : scalarGroups.int32;

function compareNamed(walk: Walk, before: ProtoMessage, after: ProtoMessage): void {
  if (before.unknownAs !== undefined || after.unknownAs !== undefined) {
    if (!isNamed(before, after) && !isNamed(after, before)) walk.add('FIELD_NAMED_TYPE_CHANGED');
    return;
  }
  const name = localName(before);
  if (name !== localName(after)) walk.add('FIELD_NAMED_TYPE_CHANGED');
  else if (walk.areOwn(before, after)) return;
  else if (!walk.fitsImported(before, after, name)) walk.add('FIELD_NAMED_TYPE_CHANGED');
}

/** Whether a type that no file defines may be the other one, by its name. */
const isNamed = ({ fullName }: ProtoMessage, named: ProtoMessage): boolean =>
  fullName === named.fullName || fullName.endsWith(`.${named.fullName}`);

/** Without the package, which data does not hold. */
const localName = ({ fullName, package: home }: ProtoMessage): string =>
  home === '' ? fullName : fullName.slice(home.length + 1);
