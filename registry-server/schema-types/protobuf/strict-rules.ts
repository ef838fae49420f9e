import { isClosed, ownFeatures, valueName } from './features.ts';
import type { ProtoFile, ProtoMessage } from './model.ts';
import { plainOption } from './plain-option.ts';
import { declarationFault, declarationsIn, rangeFault } from './strict-declarations.ts';
import { enumsIn, featureFault, featureOf, isNumber, isRepeated } from './strict-features.ts';
import {
  enumNameFault,
  jsonNameFault,
  lowerSnake,
  styleFault,
  titleCase,
  upperSnake,
} from './strict-names.ts';
import { isEdition, type Place, type Things } from './strict-place.ts';

type Rule<Thing> = (thing: Thing, place: Place) => string | undefined;

const isLite = ({ options }: Pick<ProtoFile, 'options'>): boolean =>
  plainOption(options, 'optimize_for') === 'LITE_RUNTIME';

const isMessageSet = ({ options }: ProtoMessage): boolean =>
  plainOption(options, 'message_set_wire_format') === true;

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
      isEdition(file) && plainOption(file.options, 'java_string_check_utf8') !== undefined
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
      if (plainOption(field.options, 'packed') !== true || (isRepeated(field) && isNumber(field.type)))
        return undefined;
      return 'is packed, which only repeated numbers, bools and enums can be';
    },
    ({ options, type }) => {
      const isLazy =
        plainOption(options, 'lazy') === true || plainOption(options, 'unverified_lazy') === true;
      return isLazy && !['message', 'map'].includes(type.kind)
        ? 'is lazy, which only a message can be'
        : undefined;
    },
    (field) => {
      const isLazy =
        plainOption(field.options, 'lazy') === true || plainOption(field.options, 'unverified_lazy') === true;
      return isLazy && featureOf(field, 'message_encoding') === 'DELIMITED'
        ? 'is lazy and delimited at once'
        : undefined;
    },
    ({ options, type }) => {
      const kind = plainOption(options, 'jstype');
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
      isEdition(file) && plainOption(options, 'packed') !== undefined
        ? 'is packed by an option, which editions have a feature for'
        : undefined,
    ({ options }, { file }) =>
      file.edition === '2024' && plainOption(options, 'ctype') !== undefined
        ? 'has a ctype, which edition 2024 has a feature for'
        : undefined,
    ({ name }, { features }) => styleFault('field', name, features, [name], lowerSnake),
  ],
  oneof: [({ name }, { features }) => styleFault('oneof', name, features, [name], lowerSnake)],
  range: [(range) => rangeFault(range)],
  enum: [
    (one) => {
      const isAlias = plainOption(one.options, 'allow_alias');
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
        (name) => plainOption(file.options, name) === true,
      );
      return isLite(file) && isGeneric
        ? 'is in a file for LITE_RUNTIME, which has no generic services'
        : undefined;
    },
    ({ name }, { features }) => styleFault('service', name, features, [name], titleCase),
  ],
  method: [({ name }, { features }) => styleFault('method', name, features, [name], titleCase)],
};
