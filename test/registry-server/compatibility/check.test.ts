import { expect } from 'chai';
import {
  checkCompatibility,
  type ExistingVersion,
  settingsLine,
} from '../../../registry-server/compatibility/check.ts';
import {
  type CompatibilityLevel,
  compatibilityLevels,
  modes,
} from '../../../registry-server/compatibility/modes.ts';
import type { SchemaModel, SchemaType } from '../../../registry-server/schema-types/schema-type.ts';
import { schemaTypes } from '../../../registry-server/schema-types/table.ts';
import { cases, textOf } from '../../cases/cases.ts';

const { AVRO, JSON: JSON_SCHEMA, PROTOBUF } = schemaTypes;

const record = (...fields: readonly object[]) =>
  AVRO.parse(JSON.stringify({ type: 'record', name: 'Order', fields }), []);
const id = { name: 'id', type: 'string' };
const count = { name: 'count', type: 'int' };
const countOrZero = { ...count, default: 0 };
const versions = (...schemas: readonly ExistingVersion['schema'][]): readonly ExistingVersion[] =>
  schemas.map((schema, index) => ({ version: index + 1, schema }));

const check = (
  type: SchemaType,
  compatibility: CompatibilityLevel,
  proposed: SchemaModel,
  existing: readonly ExistingVersion[],
): readonly string[] => checkCompatibility(type, { compatibility }, proposed, existing);

describe('checkCompatibility', () => {
  it("says what is broken, with which version, and under which level, in the reference's form", () => {
    const lines = check(AVRO, 'BACKWARD', record(id, count), versions(record(id)));
    expect(lines).to.deep.equal([
      "{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE', description:'The field 'count' at path '/fields/1' in the new schema has no default value and is missing in the old schema', additionalInfo:'count'}",
      '{oldSchemaVersion: 1}',
      `{oldSchema: '{"type":"record","name":"Order","fields":[{"name":"id","type":"string"}]}'}`,
    ]);
    expect(settingsLine('BACKWARD', false)).to.equal("{validateFields: 'false', compatibility: 'BACKWARD'}");
  });

  it('calls the reader old when it looks forward', () => {
    const lines = check(AVRO, 'FORWARD', record(id), versions(record(id, count)));
    expect(lines[0]).to.contain('in the old schema has no default value and is missing in the new schema');
  });

  it('quotes JSON Schema rules as the reference does', () => {
    const before = JSON_SCHEMA.parse('{"type":"string"}', []);
    const after = JSON_SCHEMA.parse('{"type":"string","maxLength":3}', []);
    const [line] = check(JSON_SCHEMA, 'BACKWARD', after, versions(before));
    expect(line).to.match(/^\{errorType:"MAX_LENGTH_ADDED", description:".*'#\/maxLength'.*"\}$/);
  });

  it('cuts an old schema that is too long to show', () => {
    const long = record({ ...id, doc: 'x'.repeat(20_000) });
    const lines = check(AVRO, 'BACKWARD', record(id, count), versions(long));
    expect(lines[2])
      .to.match(/^\{oldSchema: <truncated to 10240 characters> '/)
      .and.to.have.length.below(10_400);
  });

  it('allows anything under NONE, and the first version under every level', () => {
    expect(check(AVRO, 'NONE', record(count), versions(record(id)))).to.deep.equal([]);
    for (const level of compatibilityLevels) {
      expect(check(AVRO, level, record(count), [])).to.deep.equal([]);
    }
  });

  it('takes no schema of another type', () => {
    const lines = check(AVRO, 'BACKWARD', record(id), versions(JSON_SCHEMA.parse('{}', [])));
    expect(lines[0]).to.equal('Incompatible because of different schema type');
  });

  it('looks at the latest version alone unless the level is transitive', () => {
    // Version 1 lacks what version 2 gave a default and version 3 demands.
    const history = versions(record(id), record(id, countOrZero));
    expect(check(AVRO, 'BACKWARD', record(id, count), history)).to.deep.equal([]);
    const lines = check(AVRO, 'BACKWARD_TRANSITIVE', record(id, count), history);
    expect(lines).to.include('{oldSchemaVersion: 1}');
  });

  it('names the newest version that does not fit', () => {
    const lines = check(AVRO, 'BACKWARD_TRANSITIVE', record(count), versions(record(id), record(id)));
    expect(lines).to.include('{oldSchemaVersion: 2}').and.not.to.include('{oldSchemaVersion: 1}');
  });

  it('tells a hundred broken rules of one comparison, and how many more there are', () => {
    const many = Array.from({ length: 250 }, (_, index) => ({ name: `f${index}`, type: 'int' }));
    const lines = check(AVRO, 'BACKWARD', record(...many), versions(record()));
    expect(lines).to.have.lengthOf(103);
    expect(lines[99]).to.contain("'f99'");
    expect(lines[100]).to.equal('and 150 more like these');
    expect(lines[101]).to.equal('{oldSchemaVersion: 1}');
  });

  it('cuts names and paths that are longer than anybody reads', () => {
    const name = 'x'.repeat(30_000);
    const long = (type: string) =>
      JSON_SCHEMA.parse(JSON.stringify({ properties: { [name]: { properties: { [name]: { type } } } } }), []);
    const [json] = check(JSON_SCHEMA, 'BACKWARD', long('integer'), versions(long('string')));
    expect(json).to.have.length.below(2_000).and.to.contain('xxx…xxx').and.to.contain('TYPE_CHANGED');
    const [avro] = check(AVRO, 'BACKWARD', record({ name, type: 'int' }), versions(record()));
    expect(avro).to.have.length.below(6_000).and.to.contain('xxx…xxx');
  });

  it('refuses two schemas that have too many pairs to compare, instead of hanging', () => {
    // Of 1,200 parts any 500 would do, and no two fit.
    const parts = (count: number, shortest: number) => ({
      allOf: Array.from({ length: count }, (_, index) => ({ type: 'string', minLength: shortest + index })),
    });
    const before = JSON_SCHEMA.parse(JSON.stringify(parts(1_200, 1)), []);
    const after = JSON_SCHEMA.parse(JSON.stringify(parts(500, 2_000)), []);
    const [line] = check(JSON_SCHEMA, 'BACKWARD', after, versions(before));
    expect(line).to.contain('more than 300000 steps');
  });

  for (const [file, type] of [
    ['avro', AVRO],
    ['json-schema', JSON_SCHEMA],
    ['protobuf', PROTOBUF],
  ] as const) {
    it(`derives every level from the one direction: ${file}`, () => {
      for (const { title, before, after } of cases(file)) {
        const [old, now] = [before, after].map((schema) => type.parse(textOf(schema, file), []));
        if (old === undefined || now === undefined) throw new Error(title);
        const reads = {
          backward: type.incompatibilities(now as never, old as never).length === 0,
          forward: type.incompatibilities(old as never, now as never).length === 0,
        };
        for (const level of compatibilityLevels) {
          const mode = modes[level];
          const fits = (!mode.backward || reads.backward) && (!mode.forward || reads.forward);
          expect(check(type, level, now, versions(old)).length === 0, `${title}: ${level}`).to.equal(fits);
          // Transitive is all pairs: a fitting latest version does not hide an earlier one.
          const history = versions(old, now);
          const fitsAll = mode.isTransitive ? fits : true;
          expect(check(type, level, now, history).length === 0, `${title}: ${level}`).to.equal(fitsAll);
        }
      }
    });
  }
});
