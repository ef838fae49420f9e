import { expect } from 'chai';
import protobufjs from 'protobufjs';
import { cases } from '../../cases/cases.ts';

const { parse: parseProto } = protobufjs;

/** A reader that is called compatible must read what another implementation wrote with the earlier schema. */
describe('Protobuf verdicts against real data', () => {
  for (const { title, before, after, breaks } of cases('protobuf')) {
    // protobufjs refuses such names, finds no imports, and knows no maps that are written out; extensions are outside of
    // what is compared.
    if (/every object|extend blocks|written out/.test(title) || `${before}${after}`.includes('import'))
      continue;
    // The reference lets a field become required.
    if (breaks.length > 0 || title.includes('lets pass')) continue;
    it(title, () => {
      const [writer, reader] = [before, after].map(
        (text) => parseProto(String(text), { keepCase: true }).root,
      );
      if (!writer || !reader) throw new Error('not parsed');
      for (const type of messagesOf(writer)) {
        const same = reader.lookup(withoutPackage(type, String(before), String(after)));
        if (!(same instanceof protobufjs.Type)) continue;
        for (const field of type.fieldsArray) readsBack(type, same, field);
      }
    });
  }

  it('shows the loss that a broken rule warns of', () => {
    const [writer, reader] = ['int32', 'sint32'].map((type) =>
      parseProto(`syntax = "proto3"; message M { ${type} a = 1; }`).root.lookupType('M'),
    );
    const written = writer?.encode(writer.fromObject({ a: 1 })).finish() ?? new Uint8Array();
    expect(reader?.decode(written).toJSON()).to.deep.equal({ a: -1 });
  });
});

/** One field at a time: fields of a oneof would else drive each other out. */
function readsBack(writer: protobufjs.Type, reader: protobufjs.Type, field: protobufjs.Field): void {
  const required = writer.fieldsArray.filter((one) => one.required && one !== field);
  const sent = Object.fromEntries([...required, field].map((one) => [one.name, valueFor(one, 2)]));
  const bytes = writer.encode(writer.fromObject(sent)).finish();
  const read = reader.decode(bytes);
  const same = reader.fieldsArray.find(({ id }) => id === field.id);
  if (same === undefined) return;
  const got = reader.toObject(read, { longs: Number, enums: Number, bytes: String, oneofs: false });
  const leaf = leafOf(got[same.name]);
  if (leaf === undefined) return;
  expect(['a', 'YQ==', '1']).to.include(String(leaf === true ? 1 : leaf));
}

function messagesOf(parent: protobufjs.NamespaceBase): protobufjs.Type[] {
  return parent.nestedArray.flatMap((nested) => [
    ...(nested instanceof protobufjs.Type ? [nested] : []),
    ...(nested instanceof protobufjs.Namespace ? messagesOf(nested) : []),
  ]);
}

const packageIn = (text: string): string => /package ([\w.]+);/.exec(text)?.[1] ?? '';

function withoutPackage(type: protobufjs.Type, before: string, after: string): string {
  const local = type.fullName.replace(/^\./, '').slice(packageIn(before) ? packageIn(before).length + 1 : 0);
  return packageIn(after) === '' ? local : `${packageIn(after)}.${local}`;
}

function valueFor(field: protobufjs.Field, depth: number): unknown {
  field.resolve();
  const one = singleValue(field, depth);
  if (field instanceof protobufjs.MapField) return { [field.keyType === 'string' ? 'a' : '1']: one };
  return field.repeated ? [one] : one;
}

function singleValue(field: protobufjs.Field, depth: number): unknown {
  const type = field.resolvedType;
  if (type instanceof protobufjs.Enum) return Object.values(type.values).includes(1) ? 1 : 0;
  if (type instanceof protobufjs.Type) {
    if (depth === 0) return {};
    const [first] = type.fieldsArray;
    return first ? { [first.name]: valueFor(first, depth - 1) } : {};
  }
  if (field.type === 'string') return 'a';
  if (field.type === 'bytes') return Buffer.from('a').toString('base64');
  return field.type === 'bool' ? true : 1;
}

function leafOf(value: unknown): unknown {
  if (Array.isArray(value)) return leafOf(value[0]);
  if (typeof value !== 'object' || value === null) return value === 0 ? undefined : value;
  return leafOf(Object.values(value)[0]);
}
