import { expect } from 'chai';
import { schemaTypes } from '../../../registry-server/schema-types/table.ts';

const { AVRO } = schemaTypes;
const record = (rest: object) => ({ type: 'record', name: 'R', fields: [], ...rest });
const field = (rest: object) => record({ fields: [{ name: 'f', type: 'int', ...rest }] });

/** Each seen with Avro 1.12.1 for Java, strict and not, but for `x..y` as an alias, which that takes. */
const rows: readonly (readonly [fault: 'always' | 'new' | undefined, schema: object])[] = [
  ...['x-y', 'x..y', 'x.', '.x', 'x 1', '1x', 'x.1', 'a.b-c.d', ' ', '.', 'a/b', '$', 'a.$b', 'x\n'].flatMap(
    (namespace) =>
      [
        ['always', record({ namespace })],
        ['always', { type: 'enum', name: 'E', symbols: ['A'], namespace }],
        ['always', { type: 'fixed', name: 'F', size: 1, namespace }],
        ['always', record({ name: `${namespace}.R` })],
        ['always', record({ aliases: [namespace] })],
        ['always', record({ aliases: ['fine', namespace], namespace: 'a.b' })],
        ['always', { type: 'array', items: record({ namespace }) }],
        ['always', { type: 'map', values: ['null', record({ aliases: [namespace] })] }],
        ['always', field({ type: record({ name: 'S', namespace }) })],
      ] as const,
  ),
  ['always', record({ aliases: [''] })],
  ['always', record({ aliases: [''], namespace: 'a' })],
  ...['', 'x', 'x.y', '_', 'a1.b_2'].map((namespace) => [undefined, record({ namespace })] as const),
  [undefined, record({ aliases: ['A', 'b.A'] })],
  [undefined, record({ name: '.R' })],
  ...['b-c', 'b.c', ''].map((alias) => [undefined, field({ aliases: [alias] })] as const),
  ['new', record({ name: 'é' })],
  ['new', record({ namespace: 'é' })],
  ['new', record({ namespace: 'a.б.c' })],
  ['new', record({ aliases: ['é'] })],
  ['new', field({ name: 'é' })],
  ['new', { type: 'enum', name: 'E', symbols: ['A', '名'] }],
  ['new', { type: 'enum', name: 'E', symbols: ['A\u0661'] }],
  ['new', { type: 'fixed', name: 'É', size: 1 }],
  ...[1.5, 3e9, -2147483649, 'x', null, {}, [], true].map(
    (value) => ['new', field({ default: value })] as const,
  ),
  ['new', field({ type: 'string', default: {} })],
  ['new', field({ type: ['int', 'string'], default: null })],
  ['new', field({ type: ['double', 'null'], default: '1' })],
  ['new', field({ type: { type: 'array', items: 'double' }, default: ['1'] })],
  ['always', field({ type: 'double', default: 'x' })],
  ['always', field({ type: 'float', default: '1,5' })],
  ['always', field({ type: 'float', default: '' })],
  ...['1', ' 1.5e3f ', '+2', '-.5', '3.', 'NaN', '-Infinity', '1D'].flatMap((value) =>
    ['double', 'float'].map((type) => [undefined, field({ type, default: value })] as const),
  ),
  [undefined, field({ type: ['int', 'null'], default: null })],
  [undefined, field({ type: ['null', 'int'], default: 1 })],
  [undefined, field({ type: 'double', default: 1 })],
];

describe('Avro schemas that parse and may not be registered', () => {
  for (const [fault, schema] of rows) {
    const title = { always: 'refused', new: 'refused where new schemas are validated' };
    it(`${fault ? title[fault] : 'taken'}: ${JSON.stringify(schema)}`, () => {
      const parsed = AVRO.parse(JSON.stringify(schema), []);
      const found = parsed.findFault('always') !== undefined ? 'always' : parsed.findFault('new') && 'new';
      expect(found).to.equal(fault);
      const again = AVRO.parse(parsed.canonical(), []);
      expect(again.canonical()).to.equal(parsed.canonical());
    });
  }

  it('prints a fraction that was written as a text as Java does', () => {
    for (const [written, printed] of [
      ['1', '1.0'],
      [' 1.5e3f ', '1500.0'],
      ['1e10', '1.0E10'],
      ['NaN', '"NaN"'],
      ['+Infinity', '"Infinity"'],
    ] as const) {
      const { canonical } = AVRO.parse(JSON.stringify(field({ type: 'double', default: written })), []);
      expect(canonical()).to.include(`"default":${printed}}`);
    }
  });

  it('does not judge anew what a reference defines', () => {
    const schema = JSON.stringify(record({ name: 'S', namespace: 'x-y', fields: [] }));
    const reference = { name: 'x-y.S', subject: 's', version: 1, schema };
    const { findFault } = AVRO.parse('{"type":"array","items":"x-y.S"}', [reference]);
    expect([findFault('always'), findFault('new')]).to.deep.equal([undefined, undefined]);
  });
});
