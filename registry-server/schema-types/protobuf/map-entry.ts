import type { ProtoField, ProtoMessage } from './model.ts';
import { WireReader } from './wire.ts';
import type { WrittenField, WrittenMessage, WrittenOptions } from './written.ts';

/** Key and value of a message that is the entry of a map, as compilers add it and older registries wrote it out. */
export function writtenEntry(message: WrittenMessage): readonly [WrittenField, WrittenField] | undefined {
  const [key, value] = [1, 2].map((number) => message.fields.find((field) => field.number === number));
  if (!isMapEntry(message.options) || key === undefined || value === undefined) return undefined;
  const isPlain = ({ group, map, oneof, label }: WrittenField) =>
    group === undefined && map === undefined && oneof === undefined && label !== 'repeated';
  return isPlain(key) && isPlain(value) && message.fields.length === 2 ? [key, value] : undefined;
}

/** In a text, where `map<…>` says it. */
export const isWrittenOut = ({ options }: WrittenMessage): boolean =>
  !(options instanceof Uint8Array) && options.some(({ name: [first] }) => first?.name === 'map_entry');

/** The same of a message of another file. */
export function linkedEntry({
  options,
  fields,
}: ProtoMessage): readonly [ProtoField, ProtoField] | undefined {
  const isEntry = options.some(({ field, values: [value] }) => field.name === 'map_entry' && value === true);
  const [key, value] = [1, 2].map((number) => fields.find((field) => field.number === number));
  return isEntry && key !== undefined && value !== undefined ? [key, value] : undefined;
}

/** The option map_entry of MessageOptions is field 7. */
function isMapEntry(options: WrittenOptions): boolean {
  if (!(options instanceof Uint8Array)) {
    return options.some(
      ({ name, value }) =>
        name.length === 1 &&
        name[0]?.name === 'map_entry' &&
        !name[0].isExtension &&
        value.kind === 'word' &&
        value.text === 'true',
    );
  }
  const reader = new WireReader(options);
  while (!reader.isAtEnd) {
    if (reader.field() === 7 && reader.wireType === 0) return reader.bool();
    reader.skip();
  }
  return false;
}
