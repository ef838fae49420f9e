import { expect } from 'chai';
import { eventually } from '../../build/eventually.ts';
import { doublingAvro, doublingJsonSchemas } from '../../build/generate/doubling.ts';
import { type Answer, hostileServer, type Type, times } from '../../build/hostile-server.ts';
import { type RegistryProcess, startRegistryProcess } from '../../build/registry-process.ts';

describe('hostile and large input', () => {
  const { subject, ask, sent, register, check, isRegistered, isRefused } = hostileServer();

  describe('what takes time squared when it is done carelessly', () => {
    /** The check may be stopped: then it says so. */
    const comparesOrSaysWhyNot = async (type: Type, before: string, after: string) => {
      const name = await isRegistered(type, before);
      const { status, body } = await check(name, type, after);
      expect(status).to.equal(200);
      if (!body.is_compatible)
        expect(body.messages[0]).to.match(/errorType|too many-sided|takes more than|takes too long/);
    };
    const records = (prefix: string) =>
      times(8_000, (n) => ({ type: 'record', name: `${prefix}${n}`, fields: [] }));
    const traps: readonly { title: string; type: Type; before: string; after: string }[] = [
      {
        title: 'a union of 8,000 records against another',
        type: 'AVRO',
        before: JSON.stringify(records('A')),
        after: JSON.stringify(records('B')),
      },
      {
        title: '300 fields of one union each',
        type: 'AVRO',
        ...pair((prefix) =>
          JSON.stringify([
            ...times(100, (n) => ({
              type: 'record',
              name: `${prefix}${n}`,
              fields: [{ name: 'x', type: 'int' }],
            })),
            {
              type: 'record',
              name: 'R',
              fields: times(300, (n) => ({ name: `f${n}`, type: times(100, (i) => `${prefix}${i}`) })),
            },
          ]),
        ),
      },
      {
        title: 'a chain of 9,000 records',
        type: 'AVRO',
        ...pair(
          () =>
            `[${times(9_000, (n) => JSON.stringify({ type: 'record', name: `R${9_000 - n}`, fields: [{ name: 'next', type: n === 0 ? 'int' : `R${9_001 - n}` }] })).join(',')}]`,
        ),
      },
      {
        title: '5,000 alternatives against others',
        type: 'JSON',
        ...pair((prefix) =>
          JSON.stringify({ anyOf: times(5_000, (n) => ({ type: 'string', const: `${prefix}${n}` })) }),
        ),
      },
      {
        title: '5,000 alternatives against fewer',
        type: 'JSON',
        before: JSON.stringify({ oneOf: times(5_000, (n) => ({ type: 'string', minLength: 10_000 - n })) }),
        after: JSON.stringify({ oneOf: times(4_999, (n) => ({ type: 'string', minLength: 20_000 - n })) }),
      },
      {
        title: 'alternatives in alternatives, 480 of them around 30,000 characters',
        type: 'JSON',
        ...pair((prefix) => JSON.stringify(alternatives(480, { enum: [prefix.repeat(30_000)] }))),
      },
      {
        title: '1,500 alternatives that are all one definition, against others',
        type: 'JSON',
        ...pair((prefix) =>
          JSON.stringify({
            definitions: { a: { const: prefix } },
            anyOf: times(1_500, (n) => ({ $ref: '#/definitions/a', title: `${n}` })),
          }),
        ),
      },
      {
        title: '15,000 references to one definition',
        type: 'JSON',
        ...pair((prefix) =>
          JSON.stringify({
            definitions: { a: { type: 'object', properties: { [prefix]: { $ref: '#/definitions/a' } } } },
            properties: Object.fromEntries(times(15_000, (n) => [`p${n}`, { $ref: '#/definitions/a' }])),
          }),
        ),
      },
      {
        title: 'a chain of 20,000 definitions',
        type: 'JSON',
        ...pair(() =>
          JSON.stringify({
            $ref: '#/definitions/d0',
            definitions: Object.fromEntries(
              times(20_000, (n) => [`d${n}`, n === 19_999 ? {} : { $ref: `#/definitions/d${n + 1}` }]),
            ),
          }),
        ),
      },
      {
        title: 'a chain of 12,000 objects',
        type: 'JSON',
        ...pair(() =>
          JSON.stringify({
            $ref: '#/definitions/d0',
            definitions: Object.fromEntries(
              times(12_000, (n) => [
                `d${n}`,
                n === 11_999 ? {} : { items: { $ref: `#/definitions/d${n + 1}` } },
              ]),
            ),
          }),
        ),
      },
      {
        title: '500 pointers of 80 steps',
        type: 'JSON',
        ...pair(() =>
          JSON.stringify({
            ...nest(80),
            properties: Object.fromEntries(
              times(500, (n) => [`p${n}`, { $ref: `#${'/definitions/a'.repeat(80)}` }]),
            ),
          }),
        ),
      },
      {
        title: '3,000 patterns for 3,000 names',
        type: 'JSON',
        ...pair((prefix) =>
          JSON.stringify({
            patternProperties: Object.fromEntries(times(3_000, (n) => [`^[a-z]*${n}x$`, {}])),
            properties: Object.fromEntries(times(3_000, (n) => [`${prefix}${n}`, {}])),
          }),
        ),
      },
      {
        title: '20,000 oneofs',
        type: 'PROTOBUF',
        ...pair(
          (prefix) =>
            `syntax = "proto3"; message M {${times(20_000, (n) => `oneof o${n} {int32 ${prefix}${n}=${n < 18_999 ? n + 1 : n + 1_002};}`).join('')}}`,
        ),
      },
      {
        title: '15,000 messages that hold the next one',
        type: 'PROTOBUF',
        ...pair(
          () =>
            `syntax = "proto3"; ${times(15_000, (n) => `message M${n} { M${Math.min(n + 1, 14_999)} next = 1; }`).join(' ')}`,
        ),
      },
      {
        title: '20,000 reserved ranges',
        type: 'PROTOBUF',
        ...pair(
          () =>
            `syntax = "proto3"; message M { reserved ${times(20_000, (n) => `${n * 10 + 1} to ${n * 10 + 5}`).join(', ')}; }`,
        ),
      },
      {
        title: '8,000 options',
        type: 'PROTOBUF',
        ...pair(
          () =>
            `syntax = "proto3"; message M {${times(8_000, (n) => `int32 f${n}=${n + 1} [deprecated = true, json_name = "j${n}"];`).join('')}}`,
        ),
      },
    ];
    for (const { title, type, before, after } of traps) {
      it(`${title}: ${type}`, () => comparesOrSaysWhyNot(type, before, after));
    }

    it('a base address of 200,000 characters under 5,000 names: JSON', () =>
      isRefused(
        'JSON',
        JSON.stringify({
          $id: `http://x/${'y'.repeat(200_000)}`,
          definitions: Object.fromEntries(times(5_000, (n) => [`d${n}`, { $id: `z${n}` }])),
        }),
        /\$id: an address has at most 2048 characters/,
      ));

    for (const count of [60_000, 1_000_000]) {
      it(`${count} blanks before a character that fits nothing`, async () => {
        const blanks = ' '.repeat(count);
        await isRefused('PROTOBUF', `${blanks}!`, /./);
        await isRefused('PROTOBUF', `QQ=${blanks}!`, /./);
        await isRefused('JSON', `{"a":"1"${blanks}!}`, /not JSON/);
        await isRefused('JSON', `{"${'1'.repeat(count)}!`, /not JSON/);
        await isRefused('AVRO', `{"type":${'1'.repeat(count)}}`, /./);
        await isRefused('AVRO', `["${'\\n'.repeat(count / 2)}`, /not JSON/);
      });
    }

    it('a name of 500,000 characters where none is expected is not repeated whole', async () => {
      const long = 'x-'.repeat(250_000);
      await isRefused('AVRO', JSON.stringify({ type: long }), /not defined/);
      await isRefused('AVRO', JSON.stringify({ type: 'record', name: long, fields: [] }), /not a name/);
      await isRefused('JSON', JSON.stringify({ $ref: long }), /leads nowhere/);
      await isRefused('JSON', JSON.stringify({ type: long }), /not allowed here/);
      await isRefused('PROTOBUF', `syntax = "proto3"; message ${long} {}`, /./);
      await isRefused('PROTOBUF', `syntax = "proto3"; message M { ${'y'.repeat(500_000)} a = 1; }`, /./);
    });

    it('a query of 15,000 parameters', async () => {
      for (const search of ['a=1&'.repeat(15_000), 'key=k&value=v&'.repeat(4_500), '&'.repeat(60_000)]) {
        expect((await ask('GET', `/subjects?${search}`)).status).to.equal(200);
      }
      const pairs = await ask('GET', `/subjects/${subject()}/metadata?${'key=k&value=v&'.repeat(4_500)}`);
      expect(pairs.body.error_code).to.equal(40401);
    });

    it('30,000 reserved names and 8,000 fields', async () => {
      const name = subject();
      await ask('PUT', `/config/${name}`, { validateFields: true });
      const text = JSON.stringify({
        type: 'record',
        name: 'R',
        fields: times(8_000, (n) => ({ name: `f${n}`, type: 'int' })),
      });
      const reserve = (prefix: string) => ({
        metadata: {
          properties: { 'confluent:reserved': times(30_000, (n) => `${prefix}${n}`).join(',') },
        },
      });
      expect((await register(name, 'AVRO', text, reserve('a'))).status).to.equal(200);
      const { body } = await register(name, 'AVRO', text, reserve('b'));
      expect(body.error_code).to.equal(40901);
      expect(body.message).to.have.length.below(100_000).and.to.contain('and 29900 more like these');
    });

    it('right for a chain of 12,000 objects: a schema is compatible with itself', async () => {
      const text = traps.find(({ title }) => title.startsWith('a chain of 12,000'))?.before ?? '';
      const { body } = await check(await isRegistered('JSON', text), 'JSON', text);
      expect(body).to.deep.equal({ is_compatible: true, messages: [] });
    });
  });

  describe('schemas in which each definition refers twice to the next', () => {
    let small: RegistryProcess;
    before(async () => {
      small = await startRegistryProcess({}, ['--max-old-space-size=300']);
    });
    after(() => small.stop());

    const post = async (path: string, body: object): Promise<Answer> => {
      const response = await fetch(small.url + path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      });
      const text = await response.text();
      expect(text.length, 'the length of an answer').to.be.below(300_000);
      return { status: response.status, body: JSON.parse(text) };
    };
    const usedMegabytes = async (): Promise<number> => {
      const metrics = await (await fetch(small.metricsUrl)).text();
      return (
        Number(/^schema_registry_nodejs_heap_size_used_bytes(?:\{.*\})? (\S+)/m.exec(metrics)?.[1]) / 2 ** 20
      );
    };

    it('are compared in a heap of 300 MB while others are answered, and the memory comes back', async () => {
      const first = await usedMegabytes();
      let isOver = false;
      let answered = 0;
      const others = (async () => {
        for (; !isOver; answered++) expect((await fetch(`${small.url}/schemas/types`)).status).to.equal(200);
      })();
      let asked = 0;
      for (const { title, type, chain, tree } of [...doublingJsonSchemas, ...doublingAvro]) {
        const pairs = [
          [tree, chain(26, 'before')],
          [chain(26, 'before'), tree],
          [chain(26, 'before'), chain(26, 'after')],
        ];
        for (const [index, pair] of pairs.entries()) {
          const [before, after] = pair.map((schema) => sent(type, JSON.stringify(schema)));
          const at = encodeURIComponent(`${type} ${title} ${index}`);
          expect((await post(`/subjects/${at}/versions`, before as object)).status).to.equal(200);
          const checked = await post(
            `/compatibility/subjects/${at}/versions/latest?verbose=true`,
            after as object,
          );
          expect(checked.status).to.equal(200);
          const registered = await post(`/subjects/${at}/versions`, after as object);
          expect(registered.status).to.equal(checked.body.is_compatible ? 200 : 409);
          asked += 3;
        }
      }
      isOver = true;
      await others;
      // Each comparison is over in less than the turn of another request, give or take the garbage collector's.
      expect(answered).to.be.above(asked / 4);
      expect(small.child.exitCode).to.equal(null);
      await eventually(async () => {
        expect(await usedMegabytes(), `megabytes of heap, after ${first}`).to.be.below(first + 60);
      }, 20_000);
    });
  });

  describe('patterns', () => {
    for (const pattern of ['(a+)+$', '^(a|aa)+$', '^(?=(a+)+$)', '(((a{1000}){1000}){1000}){1000}', '(']) {
      it(`${pattern} holds nobody up`, async () => {
        const name = 'a'.repeat(2_000);
        const closed = { type: 'object', patternProperties: { [pattern]: {} }, additionalProperties: false };
        const before = JSON.stringify({ ...closed, properties: { [`${name}!`]: { type: 'string' } } });
        const after = JSON.stringify({ ...closed, properties: {} });
        const { body } = await check(await isRegistered('JSON', before), 'JSON', after);
        expect(body.is_compatible).to.equal(false);
        expect(body.messages[0]).to.match(/PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL|takes too long/);
      });
    }
  });
});

function alternatives(levels: number, inside: object): object {
  return levels === 0 ? inside : { anyOf: [alternatives(levels - 1, inside), { title: `${levels}` }] };
}

function pair(make: (prefix: string) => string) {
  return { before: make('a'), after: make('b') };
}

function nest(levels: number): object {
  return levels === 0 ? {} : { definitions: { a: nest(levels - 1) } };
}
