import { expect } from 'chai';
import { checkCompatibility } from '../../../registry-server/compatibility/check.ts';
import { RegistryError } from '../../../registry-server/errors.ts';
import { InvalidSchema } from '../../../registry-server/schema-types/invalid-schema.ts';
import { schemaTypes } from '../../../registry-server/schema-types/table.ts';
import { openSchemaParser } from '../../../registry-server/services/parse-schema.ts';
import type { SchemaSource } from '../../../registry-server/services/schema-jobs.ts';
import {
  openSchemaThreads,
  type SchemaThreads,
  type ThreadLimits,
} from '../../../registry-server/services/schema-threads.ts';
import { cases, textOf } from '../../cases/cases.ts';

const source = (text: string, schemaType = 'JSON'): SchemaSource => ({
  schemaType,
  text,
  references: [],
  key: `${schemaType} ${text.slice(0, 100)}`,
});

const oneOf = (minLengths: readonly number[]) =>
  source(JSON.stringify({ oneOf: minLengths.map((minLength) => ({ type: 'string', minLength })) }));

const alternatives = (count: number, longest: number) =>
  oneOf(Array.from({ length: count }, (_, n) => longest - n));

/** A minute of work: versions that all fit, each after tens of thousands of pairs, because their order is another. */
const slowJob = {
  strictness: { compatibility: 'BACKWARD_TRANSITIVE' },
  proposed: oneOf(Array.from({ length: 400 }, (_, n) => n)),
  existing: Array.from({ length: 100 }, (_, version) => ({
    version,
    schema: oneOf(Array.from({ length: 400 }, (_, n) => 400 - n)),
  })),
} as const;

describe('threads for large schemas', () => {
  let threads: SchemaThreads;
  const open = (limits: Partial<ThreadLimits> = {}) => {
    threads = openSchemaThreads(limits);
    return threads;
  };
  afterEach(() => threads.close());

  const failure = (job: Promise<unknown>): Promise<unknown> =>
    job.then(
      () => undefined,
      (error: unknown) => error,
    );

  it('answer as this one does, for every type', async () => {
    const { run } = { run: open().run.bind(threads) };
    for (const [file, type] of [
      ['avro', schemaTypes.AVRO],
      ['json-schema', schemaTypes.JSON],
      ['protobuf', schemaTypes.PROTOBUF],
    ] as const) {
      for (const { before, after } of cases(file).slice(0, 40)) {
        const [old, now] = [textOf(before, file), textOf(after, file)] as const;
        const [there, here] = [
          await run('parse', { ...source(now, type.name), key: now }),
          type.parse(now, []),
        ];
        expect(there).to.deep.equal({
          canonical: here.canonical(),
          normalized: here.normalized(),
        });
        const strictness = { compatibility: 'FULL' } as const;
        expect(
          await run('check', {
            strictness,
            proposed: { ...source(now, type.name), key: now },
            existing: [{ version: 1, schema: { ...source(old, type.name), key: old } }],
          }),
        ).to.deep.equal(
          checkCompatibility(type, strictness, here, [{ version: 1, schema: type.parse(old, []) }]),
        );
      }
    }
  });

  it('say what is wrong with a schema in the words of its type', async () => {
    const error = await failure(open().run('parse', source('{"type"')));
    expect(error).to.be.instanceOf(InvalidSchema).with.property('message').that.contains('not JSON');
    const job = { source: source('{"type":1}'), rules: 'always', isStrict: false } as const;
    const fault = await threads.run('findFault', job);
    expect(fault).to.contain('#/type: 1 is not allowed');
  });

  it('are ended at their deadline, and the next job has a new one', async () => {
    open({ maxThreads: 1, deadlineMs: 400 });
    const [late, next] = await Promise.all([
      failure(threads.run('check', slowJob)),
      threads.run('parse', source('{"type":"string"}')),
    ]);
    expect(late)
      .to.be.instanceOf(InvalidSchema)
      .with.property('message')
      .that.contains('more than 0.4 seconds');
    expect(next.canonical).to.equal('{"type":"string"}');
  });

  it('are ended when they take too much memory', async () => {
    open({ maxHeapMb: 24, deadlineMs: 20_000 });
    const large = JSON.stringify({
      properties: Object.fromEntries(Array.from({ length: 60_000 }, (_, n) => [`p${n}`, { type: 'string' }])),
    });
    const error = await failure(threads.run('parse', source(large)));
    expect(error).to.be.instanceOf(InvalidSchema).with.property('message').that.contains('24 MB of memory');
    expect((await threads.run('parse', source('{}'))).canonical).to.equal('{}');
  });

  it('let only so many wait', async () => {
    open({ maxThreads: 1, maxWaiting: 2, deadlineMs: 300 });
    const jobs = Array.from({ length: 4 }, () => failure(threads.run('check', slowJob)));
    const errors = await Promise.all(jobs);
    expect(errors.slice(0, 3).every((error) => error instanceof InvalidSchema)).to.equal(true);
    expect(errors[3]).to.be.instanceOf(RegistryError).with.property('code', 50002);
  });

  it('let nobody wait for ever', async () => {
    open({ maxThreads: 1, maxWaitMs: 100, deadlineMs: 300 });
    const [, waited] = await Promise.all([
      failure(threads.run('check', slowJob)),
      failure(threads.run('parse', source('{}'))),
    ]);
    expect(waited).to.be.instanceOf(RegistryError).with.property('code', 50002);
  });

  it('give their memory back when nothing is asked, and start again', async () => {
    open({ idleMs: 20 });
    for (let round = 0; round < 2; round++) {
      expect((await threads.run('parse', source('{}'))).canonical).to.equal('{}');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });

  it('end what is under way when the server stops', async () => {
    open();
    const job = failure(threads.run('check', slowJob));
    await threads.close();
    expect(await job).to.be.instanceOf(Error);
  });
});

describe('a schema parser', () => {
  const parser = openSchemaParser(1_000_000);
  after(() => parser.close());

  it('parses what is small at once', () => {
    expect(parser.parse('JSON', '{}', [])).not.to.be.instanceOf(Promise);
  });

  it('parses what is large elsewhere, and knows it the next time', async () => {
    const large = `{"title":"${'x'.repeat(100_000)}"}`;
    const parsed = await parser.parse('JSON', large, []);
    expect(parsed.canonical()).to.equal(large);
    expect(parser.parse('JSON', large, [])).to.equal(parsed);
  });

  it('answers for a large schema all that it answers for a small one', async () => {
    const record = (doc: string) =>
      JSON.stringify({
        type: 'record',
        name: 'R',
        fields: [{ name: 'a', type: 'int', default: 'x', 'confluent:tags': ['PII'] }],
        doc,
      });
    const [small, large] = [
      await parser.parse('AVRO', record('x'), []),
      await parser.parse('AVRO', record('x'.repeat(100_000)), []),
    ];
    const changes = {
      add: [{ schemaEntity: { entityPath: 'R', entityType: 'sr_record' }, tags: ['A'] }],
      remove: [],
    } as const;
    for (const ask of ['topLevelFields', 'tags'] as const) {
      expect(await large[ask]()).to.deep.equal(await small[ask]());
    }
    for (const rules of ['always', 'new'] as const) {
      expect(await large.findFault(rules)).to.equal(await small.findFault(rules));
    }
    const shorten = (text: string) => text.replace(/x{1000,}/, 'x');
    expect(shorten(await large.formatted('resolved'))).to.equal(await small.formatted('resolved'));
    expect(shorten(large.normalized())).to.equal(small.normalized());
    expect(shorten(await large.withTags(changes))).to.equal(await small.withTags(changes));
    const error = await Promise.resolve(
      large.withTags({
        add: [],
        remove: [{ schemaEntity: { entityPath: 'Q', entityType: 'sr_record' }, tags: ['A'] }],
      }),
    ).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(InvalidSchema);
    expect(
      await parser.check({ compatibility: 'FULL' }, large, [{ version: 1, schema: small }]),
    ).to.deep.equal([]);
  });

  it('compares elsewhere what turns out to be intricate, though it is short', async () => {
    const parse = (count: number, longest: number) =>
      parser.parse('JSON', alternatives(count, longest).text, []);
    const [before, after] = [await parse(300, 1000), await parse(300, 2000)];
    const lines = await parser.check({ compatibility: 'BACKWARD' }, after, [{ version: 7, schema: before }]);
    expect(lines[0]).to.contain('COMBINED_TYPE_SUBSCHEMAS_CHANGED');
    expect(lines).to.include('{oldSchemaVersion: 7}');
  });

  it('stops at the newest version that does not fit', async () => {
    const [narrow, wide] = [
      await parser.parse('JSON', '{"type":"string","maxLength":1}', []),
      await parser.parse('JSON', '{"type":"string"}', []),
    ];
    const lines = await parser.check({ compatibility: 'BACKWARD_TRANSITIVE' }, narrow, [
      { version: 1, schema: wide },
      { version: 2, schema: wide },
      { version: 3, schema: narrow },
    ]);
    expect(lines).to.include('{oldSchemaVersion: 2}').and.not.include('{oldSchemaVersion: 1}');
  });
});
