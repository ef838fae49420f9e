import { ownFeatures, valueName } from './features.ts';
import type { OptionValues, SetField } from './model.ts';
import { plainOption } from './plain-option.ts';
import { isEdition, type Place, type Things } from './strict-place.ts';

/** On what each feature may be set; what is not listed here may stand on anything. */
const featureTargets: Readonly<Record<string, ReadonlySet<keyof Things>>> = {
  field_presence: new Set(['file', 'field']),
  enum_type: new Set(['file', 'enum']),
  repeated_field_encoding: new Set(['file', 'field']),
  utf8_validation: new Set(['file', 'field']),
  message_encoding: new Set(['file', 'field']),
  json_format: new Set(['file', 'message', 'enum']),
  default_symbol_visibility: new Set(['file']),
};

const newIn2024: ReadonlySet<string> = new Set(['enforce_naming_style', 'default_symbol_visibility']);

const targetNames: Readonly<Record<keyof Things, string>> = {
  file: 'TARGET_TYPE_FILE',
  range: 'TARGET_TYPE_EXTENSION_RANGE',
  message: 'TARGET_TYPE_MESSAGE',
  field: 'TARGET_TYPE_FIELD',
  oneof: 'TARGET_TYPE_ONEOF',
  enum: 'TARGET_TYPE_ENUM',
  'enum value': 'TARGET_TYPE_ENUM_ENTRY',
  service: 'TARGET_TYPE_SERVICE',
  method: 'TARGET_TYPE_METHOD',
};

/** What is wrong with the options of a thing, whatever it is. */
export function optionsFault(options: OptionValues, kind: keyof Things, { file }: Place): string | undefined {
  for (const set of ownFeatures(options)) {
    const { name } = set.field;
    if (!isEdition(file)) return 'sets a feature, which only editions have';
    if (newIn2024.has(name) && file.edition === '2023')
      return `sets features.${name}, which begins with edition 2024`;
    if (featureTargets[name]?.has(kind) === false) return `sets features.${name}, which is not for it`;
    if (set.values[0] === 0n) return `sets features.${name} to no value`;
  }
  if (
    file.edition === '2024' &&
    kind === 'file' &&
    plainOption(options, 'java_multiple_files') !== undefined
  ) {
    return 'sets java_multiple_files, which edition 2024 has no more';
  }
  return misplaced(options, targetNames[kind]);
}

/** An option that says itself that it is for other things, or lacks a required field. */
function misplaced(options: OptionValues, target: string): string | undefined {
  for (const { field, values } of options) {
    const targets = field.options.find((one) => one.field.name === 'targets' && !one.field.extendee);
    if (targets && !namesOf(targets).includes(target)) return `sets "${field.fullName}", which is not for it`;
    const { type } = field;
    for (const value of values) {
      if (!Array.isArray(value) || (type.kind !== 'message' && type.kind !== 'group')) continue;
      const inside = value as OptionValues;
      const missing = type.message.fields.find(
        ({ label, number }) => label === 'required' && !inside.some((one) => one.field.number === number),
      );
      if (missing) return `sets "${field.fullName}" without its required field "${missing.name}"`;
      const fault = misplaced(inside, target);
      if (fault !== undefined) return fault;
    }
  }
  return undefined;
}

const namesOf = (set: SetField): readonly string[] =>
  set.values.map((value) => valueName({ ...set, values: [value] }));
