import type { NumberRange, OptionValues, ProtoField } from './model.ts';
import { entryNameOf } from './model.ts';
import { plainOption } from './plain-option.ts';

interface Declaration {
  readonly number?: bigint;
  readonly full_name?: string;
  readonly type?: string;
  readonly reserved?: boolean;
  readonly repeated?: boolean;
}

/** What a range says of its extensions. */
export const declarationsIn = (options: OptionValues): readonly Declaration[] =>
  (options.find(({ field }) => field.name === 'declaration' && !field.extendee)?.values ?? [])
    .filter((value) => Array.isArray(value))
    .map((value) =>
      Object.fromEntries((value as OptionValues).map(({ field, values: [inner] }) => [field.name, inner])),
    );

export function rangeFault({ start, end, options }: NumberRange): string | undefined {
  const declared = declarationsIn(options);
  if (declared.length > 0 && plainOption(options, 'verification') === 'UNVERIFIED') {
    return 'is UNVERIFIED and declares extensions';
  }
  const numbers = new Set<bigint>();
  for (const { number = 0n, full_name: name, type, reserved = false } of declared) {
    if (number < BigInt(start) || number > BigInt(end))
      return `declares the number ${number}, which it does not hold`;
    if (numbers.has(number)) return `declares the number ${number} twice`;
    numbers.add(number);
    const isWhole = name !== undefined && type !== undefined;
    if (!isWhole && (!reserved || name !== undefined || type !== undefined)) {
      return `declares the number ${number} without its name or its type`;
    }
    if (name !== undefined && !/^(?:\.[A-Za-z_][A-Za-z0-9_]*)+$/.test(name)) {
      return `declares "${name}", which is no full name with a dot before it`;
    }
  }
  return undefined;
}

/** An extension that is not what its message declares it to be. */
export function declarationFault({
  extendee,
  number,
  fullName,
  type,
  label,
}: ProtoField): string | undefined {
  const range = extendee?.extensionRanges.find(({ start, end }) => number >= start && number <= end);
  if (range === undefined) return undefined;
  const declared = declarationsIn(range.options);
  if (declared.length === 0 && plainOption(range.options, 'verification') !== 'DECLARATION') return undefined;
  const own = declared.find((one) => one.number === BigInt(number));
  if (own === undefined) return `is not declared by "${extendee?.fullName}"`;
  if (own.reserved) return `has a number that "${extendee?.fullName}" reserves`;
  if (own.full_name !== `.${fullName}`) return `is declared as "${own.full_name}"`;
  const named =
    type.kind === 'scalar'
      ? type.scalar
      : `.${type.kind === 'enum' ? type.enum.fullName : type.kind === 'map' ? entryNameOf(fullName) : type.message.fullName}`;
  if (own.type !== named) return `is declared with the type ${own.type}`;
  return (own.repeated === true) === (label === 'repeated') ? undefined : 'is declared with another label';
}
