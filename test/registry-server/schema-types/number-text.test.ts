import { expect } from 'chai';
import { asDecimal, asDouble } from '../../../registry-server/schema-types/number-text.ts';
import { schemaTypes } from '../../../registry-server/schema-types/table.ts';

/** What Java 17 printed: BigDecimal through Jackson 2.17, and double through Avro 1.12.1. */
const numbers: readonly (readonly [written: string, decimal: string, double: string])[] = [
  ['1e3', '1E+3', '1000.0'],
  ['1.50', '1.50', '1.5'],
  ['1e-7', '1E-7', '1.0E-7'],
  ['1E400', '1E+400', '"Infinity"'],
  ['0.1e1', '1', '1.0'],
  ['-0', '0', '0'],
  ['-0.0', '0.0', '-0.0'],
  ['0e3', '0E+3', '0.0'],
  ['1.0', '1.0', '1.0'],
  ['0.00', '0.00', '0.0'],
  ['12345678901234567890', '12345678901234567890', '12345678901234567890'],
  ['123456789.125', '123456789.125', '1.23456789125E8'],
  ['0.000001', '0.000001', '1.0E-6'],
  ['0.0000001', '1E-7', '1.0E-7'],
  ['0.00000012', '1.2E-7', '1.2E-7'],
  ['0.001', '0.001', '0.001'],
  ['0.0001', '0.0001', '1.0E-4'],
  ['10e-1', '1.0', '1.0'],
  ['1E+2', '1E+2', '100.0'],
  ['-1.5e-10', '-1.5E-10', '-1.5E-10'],
  ['1.10e2', '110', '110.0'],
  ['1234.5e2', '1.2345E+5', '123450.0'],
  ['12345678.5', '12345678.5', '1.23456785E7'],
  ['1e1000', '1E+1000', '"Infinity"'],
  ['1.7976931348623157e308', '1.7976931348623157E+308', '1.7976931348623157E308'],
];

describe('numbers in the canonical texts', () => {
  for (const [written, decimal, double] of numbers) {
    it(`spells ${written} as Java does: ${decimal} in a JSON Schema, ${double} in Avro`, () => {
      expect([asDecimal(written), asDouble(written)]).to.deep.equal([decimal, double]);
      const texts = [`{"a":${written},"b":[ ${written} , {"c" : ${written}}]}`, `{"0":${written}}`];
      const shown = [`{"a":${decimal},"b":[${decimal},{"c":${decimal}}]}`, `{"0":${decimal}}`];
      for (const [i, text] of texts.entries()) {
        const parsed = schemaTypes.JSON.parse(text, []);
        expect(parsed.canonical()).to.equal(shown[i]);
        expect(parsed.normalized()).to.equal(shown[i]);
        expect(schemaTypes.JSON.parse(parsed.canonical(), []).canonical()).to.equal(shown[i]);
      }
      const avro = schemaTypes.AVRO.parse(`{"type":"string","x":${written}}`, []);
      expect(avro.canonical()).to.equal(`{"type":"string","x":${double}}`);
      expect(avro.normalized()).to.equal(`{"type":"string","x":${double}}`);
    });
  }

  it('writes the escapes of control characters in capitals', () => {
    const text = String.raw`{"description":"\u001f\u007f\u2028\u00e9/\"\u000b\b\f\n\r\t\u0000\\u001f"}`;
    const shown = '{"description":"\\u001F\u007f\u2028\u00e9/\\"\\u000B\\b\\f\\n\\r\\t\\u0000\\\\u001f"}';
    expect(schemaTypes.JSON.parse(text, []).canonical()).to.equal(shown);
    expect(schemaTypes.JSON.parse(text, []).normalized()).to.equal(shown);
    expect(schemaTypes.JSON.parse(`{"1":${text}}`, []).canonical()).to.equal(`{"1":${shown}}`);
    const avro = `{"type":"enum","name":"E","doc":"\\u001f","symbols":[],"x":"\\u001a"}`;
    expect(schemaTypes.AVRO.parse(avro, []).canonical()).to.equal(
      '{"type":"enum","name":"E","doc":"\\u001F","symbols":[],"x":"\\u001A"}',
    );
  });
});
