import { chance, pick, type Random } from '../random.ts';

export interface ProtoMessage {
  readonly name: string;
  readonly fields: readonly ProtoField[];
  readonly messages: readonly ProtoMessage[];
}

export interface ProtoField {
  readonly number: number;
  readonly name: string;
  readonly label: '' | 'optional' | 'repeated';
  /** A scalar, `Kind` (an enum), a nested message, or a map. */
  readonly type: string;
  readonly oneof?: string;
}

const scalars = [
  'int32',
  'int64',
  'uint32',
  'sint32',
  'fixed32',
  'sfixed64',
  'bool',
  'string',
  'bytes',
  'float',
  'double',
];

/** Messages inside each other; a field may have the type of any of those around it, too. */
export function aProtoMessage(
  random: Random,
  name = 'M',
  depth = 2,
  outer: readonly string[] = [],
): ProtoMessage {
  const seen = [...outer, name];
  const messages = depth > 0 ? [aProtoMessage(random, `${name}N`, depth - 1, seen)] : [];
  const fields = [1, 2, 3, 4, 5]
    .filter(() => !chance(random, 3))
    .map((number) => aField(random, number, [...seen, ...messages.map((inner) => inner.name)]));
  return { name, fields, messages };
}

function aField(random: Random, number: number, types: readonly string[]): ProtoField {
  const type = pick(random, [
    ...scalars,
    'Kind',
    `map<string, ${pick(random, [...scalars, ...types])}>`,
    pick(random, types),
  ]);
  if (type.startsWith('map')) return { number, name: `f${number}`, label: '', type };
  if (chance(random, 5))
    return { number, name: `f${number}`, label: '', type, oneof: pick(random, ['one', 'other']) };
  return { number, name: `f${number}`, label: pick(random, ['', 'optional', 'repeated']), type };
}

function withoutNested({ name, fields }: ProtoMessage): ProtoMessage {
  const own = fields.filter(({ type }) => !new RegExp(`\\b${name}N`).test(type));
  return { name, fields: own, messages: [] };
}

export function printProto(message: ProtoMessage): string {
  return `syntax = "proto3"; enum Kind { ZERO = 0; ONE = 1; } ${printMessage(message)}`;
}

function printMessage({ name, fields, messages }: ProtoMessage): string {
  const print = ({ label, type, name: field, number }: ProtoField) =>
    `${label} ${type} ${field} = ${number};`;
  const oneofs = Map.groupBy(fields, ({ oneof }) => oneof);
  const blocks = [...oneofs].map(([oneof, members]) =>
    oneof === undefined ? members.map(print).join(' ') : `oneof ${oneof} { ${members.map(print).join(' ')} }`,
  );
  return `message ${name} { ${[...messages.map(printMessage), ...blocks].join(' ')} }`;
}

/**
 * One field of it, or of a message in it, that is new, gone, renamed, or of another type, label or oneof; or a message in
 * it that is gone, with the fields of its type.
 */
export function changedProto(
  random: Random,
  message: ProtoMessage,
  outer: readonly string[] = [],
): ProtoMessage {
  const seen = [...outer, message.name];
  const [nested] = message.messages;
  if (nested && chance(random, 20)) return withoutNested(message);
  if (nested && chance(random, 2)) return { ...message, messages: [changedProto(random, nested, seen)] };
  const types = [...seen, ...message.messages.map(({ name }) => name)];
  const number = 1 + random.below(5);
  const old = message.fields.find((field) => field.number === number);
  const others = message.fields.filter((field) => field !== old);
  if (old === undefined) return { ...message, fields: [...others, aField(random, number, types)] };
  switch (random.below(5)) {
    case 0:
      return { ...message, fields: others };
    case 1:
      return { ...message, fields: [...others, { ...old, name: `renamed${number}` }] };
    case 2:
      return old.type.startsWith('map') || old.oneof
        ? { ...message, fields: [...others, { ...old, oneof: undefined }] }
        : { ...message, fields: [...others, { ...old, label: pick(random, ['', 'optional', 'repeated']) }] };
    case 3:
      return old.type.startsWith('map')
        ? message
        : { ...message, fields: [...others, { ...old, label: '', oneof: 'one' }] };
    default:
      return { ...message, fields: [...others, aField(random, number, types)] };
  }
}
