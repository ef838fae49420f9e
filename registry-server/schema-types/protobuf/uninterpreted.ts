import type { OptionValue, OptionValues } from './model.ts';
import { parseAggregate } from './parse-option.ts';
import type { Literal, NamePart, WrittenOption } from './written.ts';

/** An option that a parser put into a descriptor as it was written, because it did not know it: UninterpretedOption. */
export function readUninterpreted(option: OptionValues, where: WrittenOption['where']): WrittenOption {
  const part = (values: OptionValues): NamePart => ({
    name: String(fieldOf(values, 'name_part') ?? ''),
    isExtension: fieldOf(values, 'is_extension') === true,
  });
  const name = (option.find(({ field }) => field.name === 'name')?.values ?? []) as readonly OptionValues[];
  return { name: name.map(part), value: literalOf(option), where };
}

const fieldOf = (values: OptionValues, name: string): OptionValue | undefined =>
  values.find(({ field }) => field.name === name)?.values[0];

function literalOf(option: OptionValues): Literal {
  const bytes = fieldOf(option, 'string_value');
  if (Buffer.isBuffer(bytes)) return { kind: 'string', bytes };
  const aggregate = fieldOf(option, 'aggregate_value');
  if (typeof aggregate === 'string') return parseAggregate(aggregate);
  for (const kind of ['positive_int_value', 'negative_int_value', 'double_value']) {
    const number = fieldOf(option, kind);
    if (number !== undefined)
      return { kind: 'number', text: String(number).replace('Infinity', 'inf').replace('NaN', 'nan') };
  }
  return { kind: 'word', text: String(fieldOf(option, 'identifier_value') ?? '') };
}
