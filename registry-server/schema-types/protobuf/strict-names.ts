import type { Features } from './features.ts';
import type { ProtoEnum, ProtoEnumValue, ProtoField, ProtoMessage } from './model.ts';
import { jsonNameOf } from './model.ts';
import { plainOption } from './plain-option.ts';

export const titleCase = /^[A-Z][A-Za-z0-9]*$/;
export const lowerSnake = /^[a-z][a-z0-9]*(?:_[a-z][a-z0-9]*)*$/;
export const upperSnake = /^[A-Z][A-Z0-9]*(?:_[A-Z][A-Z0-9]*)*$/;

const styles = new Map([
  [titleCase, 'TitleCase'],
  [lowerSnake, 'lower_snake_case'],
  [upperSnake, 'UPPER_SNAKE_CASE'],
]);

/** The style of edition 2024 (protobuf.dev, Style Guide). */
export function styleFault(
  what: string,
  name: string,
  { enforce_naming_style: style }: Features,
  parts: readonly string[],
  form: RegExp,
): string | undefined {
  if (style !== 'STYLE2024' || parts.every((part) => form.test(part))) return undefined;
  return `is a ${what} whose name "${name}" is not ${styles.get(form)}; edition 2024 minds, unless features.enforce_naming_style = STYLE_LEGACY`;
}

/** Two names of a message that are one in JSON. In proto2 only names that were given count, as in protoc. */
export function jsonNameFault({ fields, options }: ProtoMessage, features: Features): string | undefined {
  if (plainOption(options, 'deprecated_legacy_json_field_conflicts') === true) return undefined;
  const minds = (isDefault: boolean) => !isDefault || features.json_format !== 'LEGACY_BEST_EFFORT';
  for (const counts of ['default', 'given'] as const) {
    const seen = new Map<string, ProtoField>();
    for (const field of fields) {
      const name = (counts === 'given' ? field.jsonName : undefined) ?? jsonNameOf(field.name);
      const known = seen.get(name);
      if (known === undefined) seen.set(name, field);
      else if (counts === 'default' ? minds(true) : isGiven(known, field) && minds(!areGiven(known, field))) {
        return `has the fields "${known.name}" and "${field.name}", which are both "${name}" in JSON`;
      }
    }
  }
  return undefined;
}

const isGiven = (a: ProtoField, b: ProtoField): boolean => (a.jsonName ?? b.jsonName) !== undefined;
const areGiven = (a: ProtoField, b: ProtoField): boolean =>
  a.jsonName !== undefined && b.jsonName !== undefined;

/** Two values that are one where the name of the enum is left out and case does not count. */
export function enumNameFault({ name, values }: ProtoEnum): string | undefined {
  const seen = new Map<string, ProtoEnumValue>();
  for (const value of values) {
    const key = pascalCase(withoutPrefix(value.name, name));
    const known = seen.get(key);
    if (known === undefined) seen.set(key, value);
    else if (known.number !== value.number) {
      return `has the values "${known.name}" and "${value.name}", which are one without the name of the enum and in JSON`;
    }
  }
  return undefined;
}

/** As protoc strips the name of an enum from its values, whatever underscores and case. */
function withoutPrefix(value: string, enumName: string): string {
  const prefix = enumName.replaceAll('_', '').toLowerCase();
  let at = 0;
  for (let matched = 0; matched < prefix.length; at++) {
    const character = value[at];
    if (character === undefined) return value;
    if (character === '_') continue;
    if (character.toLowerCase() !== prefix[matched]) return value;
    matched++;
  }
  const rest = value.slice(at).replace(/^_+/, '');
  return rest === '' ? value : rest;
}

const pascalCase = (name: string): string =>
  name
    .split('_')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1).toLowerCase())
    .join('');
