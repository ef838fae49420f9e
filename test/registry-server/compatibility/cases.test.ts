import { expect } from 'chai';
import type { SchemaModel, SchemaType } from '../../../registry-server/schema-types/schema-type.ts';
import { schemaTypes } from '../../../registry-server/schema-types/table.ts';
import { cases, textOf } from '../../cases/cases.ts';

const files = [
  { file: 'avro', type: schemaTypes.AVRO },
  { file: 'json-schema', type: schemaTypes.JSON },
  { file: 'protobuf', type: schemaTypes.PROTOBUF },
] as const;

for (const { file, type } of files) {
  describe(`compatibility cases of ${file}`, () => {
    const parse = (schema: unknown): SchemaModel => type.parse(textOf(schema, file), []);

    for (const { title, before, after, breaks } of cases(file)) {
      it(title, () => {
        expect(broken(type, parse(after), parse(before))).to.deep.equal(breaks);
      });
    }

    it('has 150 cases or more, each with its source', () => {
      const all = cases(file);
      expect(all).to.have.length.of.at.least(150);
      for (const { title, source } of all) expect(source, title).to.match(/\S{4}/);
    });

    it('has no two cases of one title', () => {
      const titles = cases(file).map(({ title }) => title);
      expect(titles).to.have.lengthOf(new Set(titles).size);
    });

    for (const { title, before, after } of cases(file)) {
      it(`both schemas read their own data: ${title}`, () => {
        for (const schema of [parse(before), parse(after)]) {
          expect(broken(type, schema, schema)).to.deep.equal([]);
          expect(broken(type, schema, type.parse(schema.canonical(), []))).to.deep.equal([]);
        }
      });
    }
  });
}

const broken = (type: SchemaType, reader: SchemaModel, writer: SchemaModel): readonly string[] =>
  type.incompatibilities(reader, writer).map(({ errorType, path }) => `${errorType} ${path()}`);
