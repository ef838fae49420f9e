import type { FaultRecord } from './fault-record.ts';
import type { FileNames } from './file-names.ts';
import { linkedEntry, writtenEntry } from './map-entry.ts';
import {
  emptyMessage,
  entryNameOf,
  type FieldType,
  type ProtoEnum,
  type ProtoMessage,
  plainField,
} from './model.ts';
import { checkMapKey } from './rules.ts';
import { isMessage, isType, joinName } from './scopes.ts';
import { isScalar, type Where, type WrittenField, type WrittenMessage } from './written.ts';

/** Finds the types of fields, and knows the entries of maps that are written out as messages. */
export class FieldTypes {
  /** A map was written out as a list of entries. */
  hasWrittenMaps = false;
  readonly #package: string;
  readonly #names: FileNames;
  readonly #faults: FaultRecord;
  /** Entries of maps that are written out: their key and value. */
  readonly #entries = new Map<ProtoMessage, readonly [WrittenField, WrittenField]>();
  /** Those that are used for something else as well. */
  readonly #usedEntries = new Set<ProtoMessage>();
  readonly #listsWithEntries: ProtoMessage[][] = [];

  constructor(packageName: string, names: FileNames, faults: FaultRecord) {
    this.#package = packageName;
    this.#names = names;
    this.#faults = faults;
  }

  /** Notes a message that was declared: it may be the entry of a map. */
  addMessage(message: ProtoMessage, written: WrittenMessage): void {
    const entry = writtenEntry(written);
    if (entry !== undefined) this.#entries.set(message, entry);
  }

  /** The list, which loses the entries of maps in the end. */
  listed(messages: ProtoMessage[]): ProtoMessage[] {
    if (messages.some((message) => this.#entries.has(message))) this.#listsWithEntries.push(messages);
    return messages;
  }

  /** Takes written-out entries out of their lists: each is a map on its own account, and shown as part of its field. */
  dropEntries(): void {
    for (const list of this.#listsWithEntries) {
      const kept = list.filter((message) => !this.#entries.has(message) || this.#usedEntries.has(message));
      if (kept.length < list.length) list.splice(0, list.length, ...kept);
    }
  }

  /** @param group that the field declares, where it is one */
  ofField(written: WrittenField, scope: string, group: ProtoMessage | undefined): FieldType {
    if (group) return { kind: 'group', message: group };
    const { where, map } = written;
    if (map) {
      const key = this.#type(map.key, scope, where);
      this.#faults.attempt(() => checkMapKey(key, where, this.#faults.fail));
      return this.#map(written.name, scope, key, this.#type(map.value, scope, where));
    }
    if (isScalar(written.type)) return { kind: 'scalar', scalar: written.type };
    const found = this.#typeSymbol(written.type, scope, where);
    const isPlain = written.oneof === undefined && written.extendee === undefined;
    const entry = found.kind === 'message' && isPlain ? this.#entryTypes(found, where) : undefined;
    const entryName = joinName(scope, entryNameOf(written.name));
    const holder = this.#names.own.get(entryName);
    // Printed as a map, it would take the name of something else.
    if (entry === undefined || (holder !== undefined && holder !== found)) return this.#typeOf(found);
    this.hasWrittenMaps = true;
    return this.#map(written.name, scope, ...entry);
  }

  #map(fieldName: string, scope: string, key: FieldType, value: FieldType): FieldType {
    const name = entryNameOf(fieldName);
    const fields = [plainField('key', 1, key), plainField('value', 2, value)] as const;
    const fullName = joinName(scope, name);
    const entry: ProtoMessage = { ...emptyMessage, name, fullName, package: this.#package, fields };
    return { kind: 'map', key: fields[0], value: fields[1], entry };
  }

  /** The types of key and value of a map that is written out. */
  #entryTypes(message: ProtoMessage, where: Where): readonly [FieldType, FieldType] | undefined {
    const own = this.#entries.get(message);
    if (own === undefined) {
      const linked = linkedEntry(message);
      return linked && [linked[0].type, linked[1].type];
    }
    const [key, value] = own.map(({ type }) => this.#type(type, message.fullName, where));
    return key && value && [key, value];
  }

  #type(name: string, scope: string, where: Where): FieldType {
    if (isScalar(name)) return { kind: 'scalar', scalar: name };
    return this.#typeOf(this.#typeSymbol(name, scope, where));
  }

  #typeOf(found: ProtoMessage | ProtoEnum): FieldType {
    if (found.kind === 'enum') return { kind: 'enum', enum: found };
    this.#usedEntries.add(found);
    return { kind: 'message', message: found };
  }

  #typeSymbol(name: string, scope: string, where: Where): ProtoMessage | ProtoEnum {
    const found = this.#names.resolve(name, scope, isType, where);
    if (found !== undefined && isType(found)) return found;
    return this.#names.unknown(name, where, `the type "${name}" is not defined here nor in an imported file`);
  }

  /** The message of that name, used as such. */
  message(name: string, scope: string, where: Where): ProtoMessage {
    const found = this.#names.resolve(name, scope, isMessage, where);
    if (found?.kind !== 'message') {
      return this.#names.unknown(
        name,
        where,
        `the message "${name}" is not defined here nor in an imported file`,
      );
    }
    this.#usedEntries.add(found);
    return found;
  }
}
