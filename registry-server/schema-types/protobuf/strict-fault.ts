import { type Features, featuresOf, withOwn } from './features.ts';
import type { LinkedFile } from './linked-file.ts';
import type { OptionValues, ProtoEnum, ProtoField, ProtoFile, ProtoMessage, ProtoSymbol } from './model.ts';
import { optionsFault } from './strict-options.ts';
import type { Place, Things } from './strict-place.ts';
import { strictRules } from './strict-rules.ts';

/**
 * What protoc would refuse in a file or in what it imports; undefined when it compiles.
 * @param imports by path
 */
export function strictFault(
  linked: LinkedFile,
  imports: ReadonlyMap<string, LinkedFile>,
): string | undefined {
  const own = faultOf(linked, imports);
  if (own !== undefined) return own;
  const seen = new Map<string, ProtoSymbol>();
  for (const [path, imported] of reachable(linked, imports)) {
    const fault = faultOf(imported, imports) ?? clash(imported.file, seen);
    if (fault !== undefined) return `in "${path}": ${fault}`;
  }
  return clash(linked.file, seen);
}

/** By path, the nearest first. */
function reachable(linked: LinkedFile, imports: ReadonlyMap<string, LinkedFile>): Map<string, LinkedFile> {
  const found = new Map<string, LinkedFile>();
  const open = [linked];
  for (const { file } of open) {
    for (const { path } of file.imports) {
      const next = imports.get(path);
      if (next === undefined || found.has(path)) continue;
      found.set(path, next);
      open.push(next);
    }
  }
  return found;
}

/** A name that two files define is an error, also where neither sees the other. */
function clash(file: ProtoFile, seen: Map<string, ProtoSymbol>): string | undefined {
  for (const [name, symbol] of file.own) {
    const known = seen.get(name);
    if (known !== undefined && (known.kind !== 'package' || symbol.kind !== 'package')) {
      return `"${name}" is defined in two files that are imported`;
    }
    seen.set(name, symbol);
  }
  return undefined;
}

function faultOf({ file, faults }: LinkedFile, imports: ReadonlyMap<string, LinkedFile>): string | undefined {
  const found = faults.usual ?? faults.strict;
  if (found !== undefined) return found;
  const imported = (path: string) => imports.get(path)?.file;
  const place: Place = { file, features: featuresOf(file), message: undefined, imported };
  return first(
    () => look('file', file, 'the file', file.options, place),
    () => firstOf(file.messages, (message) => lookAtMessage(message, place)),
    () => firstOf(file.enums, (one) => lookAtEnum(one, place)),
    () => firstOf(file.extensions, (field) => lookAtField(field, '', place)),
    () =>
      firstOf(file.services, (service) => {
        const inside = inner(place, service.options);
        return first(
          () => look('service', service, `service "${service.name}"`, service.options, inside),
          () =>
            firstOf(service.methods, (method) =>
              look('method', method, `method "${service.name}.${method.name}"`, method.options, inside),
            ),
        );
      }),
  );
}

function lookAtMessage(message: ProtoMessage, outer: Place): string | undefined {
  const { fullName, options } = message;
  const place: Place = inner(outer, options);
  const inside: Place = { ...place, message };
  return first(
    () => look('message', message, `message "${fullName}"`, options, place),
    () => firstOf(message.fields, (field) => lookAtField(field, `${fullName}.`, inside)),
    () =>
      firstOf(message.oneofs, (one) =>
        look('oneof', one, `oneof "${fullName}.${one.name}"`, one.options, inside),
      ),
    () =>
      firstOf(message.extensionRanges, (range) =>
        look(
          'range',
          range,
          `the range ${range.start} to ${range.end} of "${fullName}"`,
          range.options,
          inside,
        ),
      ),
    () => firstOf(message.messages, (nested) => lookAtMessage(nested, inside)),
    () => firstOf(message.enums, (one) => lookAtEnum(one, inside)),
    () => firstOf(message.extensions, (field) => lookAtField(field, `${fullName}.`, inside)),
  );
}

const lookAtField = (field: ProtoField, scope: string, place: Place): string | undefined =>
  look('field', field, `field "${scope}${field.name}"`, field.options, place);

function lookAtEnum(one: ProtoEnum, outer: Place): string | undefined {
  const place = inner(outer, one.options);
  return first(
    () => look('enum', one, `enum "${one.fullName}"`, one.options, place),
    () =>
      firstOf(one.values, (value) =>
        look('enum value', value, `value "${value.name}" of "${one.fullName}"`, value.options, place),
      ),
  );
}

const inner = (place: Place, options: OptionValues): Place => ({
  ...place,
  features: withOwn(place.features, options),
});

function look<K extends keyof Things>(
  kind: K,
  thing: Things[K],
  name: string,
  options: OptionValues,
  outer: Place,
): string | undefined {
  const features: Features = withOwn(outer.features, options);
  const place: Place = { ...outer, features };
  const words =
    optionsFault(options, kind, place) ?? firstOf(strictRules[kind], (rule) => rule(thing, place));
  return words && `${name} ${words}`;
}

/** The first fault; what comes after it is not looked at. */
function first(...looks: readonly (() => string | undefined)[]): string | undefined {
  return firstOf(looks, (one) => one());
}

function firstOf<T>(list: readonly T[], look: (item: T) => string | undefined): string | undefined {
  for (const item of list) {
    const fault = look(item);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
