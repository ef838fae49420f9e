import { type Features, isClosed, ownFeatures, valueName } from './features.ts';
import type {
  FieldType,
  NumberRange,
  OptionValue,
  OptionValues,
  ProtoEnum,
  ProtoEnumValue,
  ProtoField,
  ProtoFile,
  ProtoMessage,
  ProtoMethod,
  ProtoOneof,
  ProtoService,
  SetField,
} from './model.ts';
import { entryNameOf, jsonNameOf } from './model.ts';

/** What a rule sees beside the thing itself. */
export interface Place {
  readonly file: ProtoFile;
  readonly features: Features;
  /** Undefined at the top of a file. */
  readonly message: ProtoMessage | undefined;
  readonly imported: (path: string) => ProtoFile | undefined;
}

type Rule<Thing> = (thing: Thing, place: Place) => string | undefined;

export interface Things {
  readonly file: ProtoFile;
  readonly message: ProtoMessage;
  readonly field: ProtoField;
  readonly oneof: ProtoOneof;
  readonly range: NumberRange;
  readonly enum: ProtoEnum;
  readonly 'enum value': ProtoEnumValue;
  readonly service: ProtoService;
  readonly method: ProtoMethod;
}

const isMessageType = ({ kind }: FieldType): boolean =>
  kind === 'message' || kind === 'group' || kind === 'map';

const isNumber = (type: FieldType): boolean =>
  type.kind === 'enum' || (type.kind === 'scalar' && type.scalar !== 'string' && type.scalar !== 'bytes');

const isString = (type: FieldType): boolean => type.kind === 'scalar' && type.scalar === 'string';

/** The value of a plain option: the name of an enum's value, or a scalar. */
function optionOf(options: OptionValues, name: string): OptionValue | string | undefined {
  const set = options.find(({ field }) => field.name === name && field.extendee === undefined);
  return set?.field.type.kind === 'enum' ? valueName(set) : set?.values[0];
}

const featureOf = (field: ProtoField, name: string): string | undefined => {
  const set = ownFeatures(field.options).find((one) => one.field.name === name);
  return set && valueName(set);
};

const isLite = ({ options }: Pick<ProtoFile, 'options'>): boolean =>
  optionOf(options, 'optimize_for') === 'LITE_RUNTIME';

const isMessageSet = ({ options }: ProtoMessage): boolean =>
  optionOf(options, 'message_set_wire_format') === true;

const isRepeated = ({ label, type }: ProtoField): boolean => label === 'repeated' || type.kind === 'map';

const isEdition = ({ edition }: ProtoFile): boolean => !edition.startsWith('proto');

const jsType = /^(?:s|u)?int64$|^s?fixed64$/;

/**
 * What protoc refuses and the reference takes, beyond what the linker meets: a row for each rule. The words follow the
 * name of the thing.
 */
export const strictRules: { readonly [K in keyof Things]: readonly Rule<Things[K]>[] } = {
  file: [
    (file, { imported }) => {
      if (isLite(file)) return undefined;
      const lite = file.imports.find(({ path }) => isLite(imported(path) ?? { options: [] }));
      return lite && `imports "${lite.path}", which is optimized for LITE_RUNTIME, and is not itself`;
    },
    ({ options }) =>
      ownFeatures(options).some((set) => valueName(set) === 'LEGACY_REQUIRED')
        ? 'may not make every field required'
        : undefined,
    (file) =>
      isEdition(file) && optionOf(file.options, 'java_string_check_utf8') !== undefined
        ? 'has java_string_check_utf8, which editions have a feature for'
        : undefined,
    ({ package: name }, { features }) =>
      name === '' ? undefined : styleFault('package', name, features, name.split('.'), lowerSnake),
  ],
  message: [
    (message, { features }) => jsonNameFault(message, features),
    (message, { file }) => {
      if (!isMessageSet(message)) return undefined;
      if (file.edition === 'proto3') return 'is a message set, which proto3 has not';
      return message.fields.length > 0
        ? 'is a message set and may have extensions only, no fields'
        : undefined;
    },
    ({ fields, name: message }, { file }) => {
      const open = fields.find(
        ({ type }) => file.edition === 'proto3' && enumsIn(type).some((one) => isClosed(one)),
      );
      return open && `is of proto3, and "${message}.${open.name}" has a closed enum of proto2 for its type`;
    },
    ({ name }, { features }) => styleFault('message', name, features, [name], titleCase),
    ({ visibility }, { message: outer, features }) =>
      visibility === 'export' && outer !== undefined && features.default_symbol_visibility === 'STRICT'
        ? 'is inside of another message, and STRICT visibility exports none of those'
        : undefined,
    ({ extensionRanges }) => {
      const names = extensionRanges.flatMap(({ options }) =>
        declarationsIn(options).map((one) => one.full_name),
      );
      const seen = new Set<string>();
      const twice = names.find((name) => name !== undefined && (seen.has(name) || !seen.add(name)));
      return twice === undefined ? undefined : `declares the extension "${twice}" twice`;
    },
  ],
  field: [
    (field) => {
      if (optionOf(field.options, 'packed') !== true || (isRepeated(field) && isNumber(field.type)))
        return undefined;
      return 'is packed, which only repeated numbers, bools and enums can be';
    },
    ({ options, type }) => {
      const isLazy = optionOf(options, 'lazy') === true || optionOf(options, 'unverified_lazy') === true;
      return isLazy && !['message', 'map'].includes(type.kind)
        ? 'is lazy, which only a message can be'
        : undefined;
    },
    (field) => {
      const isLazy =
        optionOf(field.options, 'lazy') === true || optionOf(field.options, 'unverified_lazy') === true;
      return isLazy && featureOf(field, 'message_encoding') === 'DELIMITED'
        ? 'is lazy and delimited at once'
        : undefined;
    },
    ({ options, type }) => {
      const kind = optionOf(options, 'jstype');
      if (kind === undefined || kind === 'JS_NORMAL') return undefined;
      return type.kind === 'scalar' && jsType.test(type.scalar)
        ? undefined
        : 'has a jstype, which only whole numbers of 64 bits have';
    },
    ({ extendee, jsonName }) =>
      extendee !== undefined && jsonName !== undefined
        ? 'is an extension and has no json_name: it is named in brackets'
        : undefined,
    ({ jsonName }) => (jsonName?.includes('\0') ? 'has a json_name with a null character' : undefined),
    ({ jsonName }) =>
      jsonName?.startsWith('[') && jsonName.endsWith(']')
        ? 'has a json_name in brackets, which is how extensions are named'
        : undefined,
    ({ type }) => {
      const value = type.kind === 'map' ? type.value.type : undefined;
      return value?.kind === 'enum' && value.enum.values[0]?.number !== 0
        ? 'is a map of an enum that does not begin with 0'
        : undefined;
    },
    ({ extendee, type, label }, { file }) => {
      if (extendee === undefined) return undefined;
      if (isLite(file) && !isLite(extendee.home)) {
        return 'extends a message of a file that is not optimized for LITE_RUNTIME, as this one is';
      }
      if (!isMessageSet(extendee)) return undefined;
      const isOptional = label !== 'repeated' && label !== 'required';
      return type.kind === 'message' && isOptional
        ? undefined
        : 'extends a message set and is no optional message';
    },
    (field) => declarationFault(field),
    ({ type, extendee }, { file }) =>
      extendee !== undefined && file.edition === 'proto3' && enumsIn(type).some((one) => isClosed(one))
        ? 'is of proto3 and has a closed enum of proto2 for its type'
        : undefined,
    (field, { file, features }) => (isEdition(file) ? featureFault(field, features) : undefined),
    ({ options }, { file }) =>
      isEdition(file) && optionOf(options, 'packed') !== undefined
        ? 'is packed by an option, which editions have a feature for'
        : undefined,
    ({ options }, { file }) =>
      file.edition === '2024' && optionOf(options, 'ctype') !== undefined
        ? 'has a ctype, which edition 2024 has a feature for'
        : undefined,
    ({ name }, { features }) => styleFault('field', name, features, [name], lowerSnake),
  ],
  oneof: [({ name }, { features }) => styleFault('oneof', name, features, [name], lowerSnake)],
  range: [(range) => rangeFault(range)],
  enum: [
    (one) => {
      const isAlias = optionOf(one.options, 'allow_alias');
      const numbers = new Set(one.values.map(({ number }) => number));
      if (isAlias === false) return 'says allow_alias = false, which says nothing';
      return isAlias === true && numbers.size === one.values.length
        ? 'allows aliases and has none'
        : undefined;
    },
    (one) =>
      !isClosed(one) && one.values.length > 0 && one.values[0]?.number !== 0
        ? 'is open and does not begin with 0'
        : undefined,
    (one) => enumNameFault(one),
    ({ reservedRanges }) => {
      const sorted = reservedRanges.toSorted((a, b) => a.start - b.start);
      const index = sorted.findIndex((range, at) => at > 0 && range.start <= (sorted[at - 1]?.end ?? 0));
      return index < 0 ? undefined : `reserves the number ${sorted[index]?.start} twice`;
    },
    ({ name }, { features }) => styleFault('enum', name, features, [name], titleCase),
    ({ visibility }, { message: outer, features }) =>
      visibility === 'export' && outer !== undefined && features.default_symbol_visibility === 'STRICT'
        ? 'is inside of a message, and STRICT visibility exports none of those'
        : undefined,
  ],
  'enum value': [({ name }, { features }) => styleFault('value', name, features, [name], upperSnake)],
  service: [
    (_, { file }) => {
      const isGeneric = ['cc_generic_services', 'java_generic_services'].some(
        (name) => optionOf(file.options, name) === true,
      );
      return isLite(file) && isGeneric
        ? 'is in a file for LITE_RUNTIME, which has no generic services'
        : undefined;
    },
    ({ name }, { features }) => styleFault('service', name, features, [name], titleCase),
  ],
  method: [({ name }, { features }) => styleFault('method', name, features, [name], titleCase)],
};

function enumsIn(type: FieldType): readonly ProtoEnum[] {
  if (type.kind === 'enum') return [type.enum];
  return type.kind === 'map' ? enumsIn(type.value.type) : [];
}

/** Two names of a message that are one in JSON. In proto2 only names that were given count, as in protoc. */
function jsonNameFault({ fields, options }: ProtoMessage, features: Features): string | undefined {
  if (optionOf(options, 'deprecated_legacy_json_field_conflicts') === true) return undefined;
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
function enumNameFault({ name, values }: ProtoEnum): string | undefined {
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

/** What a field says with a feature that has nothing to say there. */
function featureFault(field: ProtoField, features: Features): string | undefined {
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

interface Declaration {
  readonly number?: bigint;
  readonly full_name?: string;
  readonly type?: string;
  readonly reserved?: boolean;
  readonly repeated?: boolean;
}

/** What a range says of its extensions. */
const declarationsIn = (options: OptionValues): readonly Declaration[] =>
  (options.find(({ field }) => field.name === 'declaration' && !field.extendee)?.values ?? [])
    .filter((value) => Array.isArray(value))
    .map((value) =>
      Object.fromEntries((value as OptionValues).map(({ field, values: [inner] }) => [field.name, inner])),
    );

function rangeFault({ start, end, options }: NumberRange): string | undefined {
  const declared = declarationsIn(options);
  if (declared.length > 0 && optionOf(options, 'verification') === 'UNVERIFIED') {
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
function declarationFault({ extendee, number, fullName, type, label }: ProtoField): string | undefined {
  const range = extendee?.extensionRanges.find(({ start, end }) => number >= start && number <= end);
  if (range === undefined) return undefined;
  const declared = declarationsIn(range.options);
  if (declared.length === 0 && optionOf(range.options, 'verification') !== 'DECLARATION') return undefined;
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

const titleCase = /^[A-Z][A-Za-z0-9]*$/;
const lowerSnake = /^[a-z][a-z0-9]*(?:_[a-z][a-z0-9]*)*$/;
const upperSnake = /^[A-Z][A-Z0-9]*(?:_[A-Z][A-Z0-9]*)*$/;

const styles = new Map([
  [titleCase, 'TitleCase'],
  [lowerSnake, 'lower_snake_case'],
  [upperSnake, 'UPPER_SNAKE_CASE'],
]);

/** The style of edition 2024 (protobuf.dev, Style Guide). */
function styleFault(
  what: string,
  name: string,
  { enforce_naming_style: style }: Features,
  parts: readonly string[],
  form: RegExp,
): string | undefined {
  if (style !== 'STYLE2024' || parts.every((part) => form.test(part))) return undefined;
  return `is a ${what} whose name "${name}" is not ${styles.get(form)}; edition 2024 minds, unless features.enforce_naming_style = STYLE_LEGACY`;
}

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
  if (file.edition === '2024' && kind === 'file' && optionOf(options, 'java_multiple_files') !== undefined) {
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
