import { connect } from 'node:net';
import { expect } from 'chai';
import { eventually } from '../build/eventually.ts';
import { doublingAvro, doublingJsonSchemas } from '../build/generate/doubling.ts';
import { type RegistryProcess, startRegistryProcess } from '../build/registry-process.ts';

// Generous: the machine is shared, and what a held-up event loop does is of another order.
const longestGapMs = 1_000;

type Type = 'AVRO' | 'JSON' | 'PROTOBUF';
const types: readonly Type[] = ['AVRO', 'JSON', 'PROTOBUF'];

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  readonly body: any;
}

describe('hostile and large input', () => {
  let server: RegistryProcess;
  let subjects = 0;

  before(async () => {
    server = await startRegistryProcess();
  });
  after(() => server.stop());

  const subject = () => `hostile-${++subjects}`;

  async function send(method: string, path: string, body?: string | Buffer): Promise<Answer> {
    const response = await fetch(server.url + path, {
      method,
      headers: { 'Content-Type': 'application/vnd.schemaregistry.v1+json' },
      body: typeof body === 'string' ? body : body && new Uint8Array(body),
    });
    return { status: response.status, body: JSON.parse(await response.text()) };
  }

  /** Asks while another client goes on asking, and that one is never kept waiting. */
  async function ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const prepared = body === undefined || body instanceof Buffer ? body : JSON.stringify(body);
    let isOver = false;
    let longest = 0;
    const others = (async () => {
      while (!isOver) {
        const asked = performance.now();
        const answer = await fetch(`${server.url}/schemas/types`);
        await answer.arrayBuffer();
        longest = Math.max(longest, performance.now() - asked);
        expect(answer.status).to.equal(200);
      }
    })();
    try {
      return await send(method, path, prepared);
    } finally {
      isOver = true;
      await others;
      expect(longest, 'the longest time that another request took').to.be.below(longestGapMs);
    }
  }

  const sent = (schemaType: Type, schema: string, rest: object = {}) => ({ schemaType, schema, ...rest });
  const register = (name: string, schemaType: Type, schema: string, rest?: object) =>
    ask('POST', `/subjects/${encodeURIComponent(name)}/versions`, sent(schemaType, schema, rest));
  const check = (name: string, schemaType: Type, schema: string) =>
    ask(
      'POST',
      `/compatibility/subjects/${encodeURIComponent(name)}/versions/latest?verbose=true`,
      sent(schemaType, schema),
    );

  async function isRegistered(schemaType: Type, schema: string, rest?: object): Promise<string> {
    const name = subject();
    const { status, body } = await register(name, schemaType, schema, rest);
    expect(status, JSON.stringify(body).slice(0, 300)).to.equal(200);
    return name;
  }

  async function isRefused(schemaType: Type, schema: string, words: RegExp): Promise<void> {
    const { status, body } = await register(subject(), schemaType, schema);
    expect({ status, code: body.error_code }).to.deep.equal({ status: 422, code: 42201 });
    expect(body.message).to.match(words);
    expect(body.message.length, 'an answer that repeats its question').to.be.below(2_000);
  }

  describe('a schema of a megabyte', () => {
    const large: Record<Type, (change?: 'added' | 'broken') => string> = {
      AVRO: (change) =>
        JSON.stringify({
          type: 'record',
          name: 'Large',
          fields: [
            ...times(11_500, (n) => ({
              name: `field_${n}`,
              type: ['null', 'string'],
              default: null,
              doc: `the ${n}th`,
            })),
            ...(change === 'added' ? [{ name: 'more', type: 'int', default: 0 }] : []),
            ...(change === 'broken' ? [{ name: 'more', type: 'int' }] : []),
          ],
        }),
      JSON: (change) =>
        JSON.stringify({
          type: 'object',
          additionalProperties: false,
          properties: Object.fromEntries([
            ...times(14_000, (n) => [`field_${n}`, { type: 'string', maxLength: 100, title: `the ${n}th` }]),
            ...(change === 'added' ? [['more', { type: 'string' }]] : []),
            ...(change === 'broken' ? [['field_7', { type: 'string', maxLength: 1 }]] : []),
          ]),
        }),
      PROTOBUF: (change) =>
        `syntax = "proto3";\nmessage Large {\n${times(
          18_000,
          (n) => `  string field_number_with_a_long_name_${n} = ${n + 1};`,
        ).join('\n')}\n${change === 'added' ? 'int32 more = 18500;' : ''}}${
          change === 'broken' ? '' : ' message Other { string a = 1; }'
        }`,
    };
    for (const type of types) {
      it(`is registered, looked up, compared and shown: ${type}`, async () => {
        const text = large[type]();
        expect(text.length).to.be.within(900_000, 1_048_576);
        const name = await isRegistered(type, text);
        const again = await register(name, type, text);
        const found = await ask('POST', `/subjects/${name}`, sent(type, text));
        expect(found.body.id).to.equal(again.body.id);
        const normalized = await ask('POST', `/subjects/${name}/versions?normalize=true`, sent(type, text));
        expect(normalized.status).to.equal(200);
        expect((await check(name, type, large[type]('added'))).body).to.deep.equal({
          is_compatible: true,
          messages: [],
        });
        const broken = await check(name, type, large[type]('broken'));
        expect(broken.body.is_compatible).to.equal(false);
        expect(broken.body.messages[0]).to.match(/READER_FIELD_MISSING|MAX_LENGTH_DECREASED|MESSAGE_REMOVED/);
        const refused = await register(name, type, large[type]('broken'));
        expect(refused.body.error_code).to.equal(409_01);
        const shown = await ask(
          'GET',
          `/schemas/ids/${again.body.id}?format=${type === 'AVRO' ? 'resolved' : 'serialized'}`,
        );
        expect(shown.status).to.equal(200);
      });
    }

    it('is refused when it is longer than that, and the rest of a longer body is not read', async () => {
      const long = await register(subject(), 'JSON', `{"title":"${'x'.repeat(1_100_000)}"}`);
      expect(long.body.error_code).to.equal(42209);
      const body = await send(
        'POST',
        `/subjects/${subject()}/versions`,
        `{"schema":"${'x'.repeat(5_000_000)}"}`,
      ).catch((error: unknown) => error);
      // The connection may be gone before all of it was sent.
      if (!(body instanceof Error)) expect((body as Answer).status).to.equal(413);
    });
  });

  describe('10,000 levels', () => {
    const deep: Record<Type, (levels: number) => string> = {
      AVRO: (levels) => `${'{"type":"array","items":'.repeat(levels)}"int"${'}'.repeat(levels)}`,
      JSON: (levels) => `${'{"properties":{"a":'.repeat(levels)}{}${'}}'.repeat(levels)}`,
      PROTOBUF: (levels) => `syntax = "proto3"; ${'message M { '.repeat(levels)}${'}'.repeat(levels)}`,
    };
    for (const type of types) {
      it(`are refused in a schema: ${type}`, () =>
        isRefused(type, deep[type](10_000), /nested deeper|too deep|levels/));
      it(`are refused when nothing is ever closed: ${type}`, () =>
        isRefused(type, type === 'PROTOBUF' ? 'message M {'.repeat(50_000) : '['.repeat(500_000), /./));
      it(`but some hundred are taken, and compared: ${type}`, async () => {
        const text = deep[type](type === 'PROTOBUF' ? 30 : 400);
        const name = await isRegistered(type, text);
        expect((await check(name, type, text)).body.is_compatible).to.equal(true);
      });
    }
    it('are refused in a body', async () => {
      const nested = Buffer.from(`{"schema":${'['.repeat(10_000)}${']'.repeat(10_000)}}`);
      expect((await ask('POST', `/subjects/${subject()}/versions`, nested)).status).to.equal(400);
      const open = Buffer.from('['.repeat(1_000_000));
      expect((await ask('POST', `/subjects/${subject()}/versions`, open)).status).to.equal(400);
    });
  });

  describe('an enum of 100,000 symbols', () => {
    const anEnum: Record<Type, (count: number) => string> = {
      AVRO: (count) => JSON.stringify({ type: 'enum', name: 'E', symbols: times(count, (n) => `s${n}`) }),
      JSON: (count) => JSON.stringify({ enum: times(count, (n) => `s${n}`) }),
      PROTOBUF: (count) => `syntax = "proto3"; enum E {${times(count, (n) => `s${n}=${n};`).join('')}}`,
    };
    for (const type of types) {
      it(`is registered, and one less is noticed: ${type}`, async () => {
        const count = type === 'PROTOBUF' ? 70_000 : 100_000;
        const name = await isRegistered(type, anEnum[type](count));
        const { body } = await check(name, type, anEnum[type](count - 1));
        // A Protobuf reader keeps numbers that it does not know.
        expect(body.is_compatible).to.equal(type === 'PROTOBUF');
      });
    }
  });

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

  describe('references', () => {
    it('of each schema to ten others, eight levels deep, each followed once: AVRO', async () => {
      let below: string[] = [];
      for (let level = 0; level < 8; level++) {
        const names = times(10, (n) => `L${level}_${n}`);
        for (const name of names) {
          const fields = below.flatMap((type) => [1, 2].map((n) => ({ name: `${type}_${n}`, type })));
          const text = JSON.stringify({ type: 'record', name, fields });
          const references = below.map((type) => ({ name: type, subject: `bomb-${type}`, version: 1 }));
          const { status, body } = await register(`bomb-${name}`, 'AVRO', text, { references });
          expect(status, JSON.stringify(body).slice(0, 300)).to.equal(200);
        }
        below = names;
      }
      const { body } = await ask('GET', '/subjects/bomb-L7_0/versions/1?format=resolved');
      expect(body.schema.length).to.be.within(1_000, 100_000);
      const whole = await check('bomb-L7_0', 'AVRO', body.schema);
      expect(whole.body).to.deep.equal({ is_compatible: true, messages: [] });
    });

    it('inside a schema, doubled 30 times over, are followed once: JSON', async () => {
      const definitions = Object.fromEntries(
        times(30, (n) => [
          `d${n}`,
          {
            anyOf: [1, 2].map((i) => ({
              type: 'array',
              title: `${i}`,
              items: { $ref: `#/definitions/d${n + 1}` },
            })),
          },
        ]),
      );
      const text = JSON.stringify({
        $ref: '#/definitions/d0',
        definitions: { ...definitions, d30: { type: 'string' } },
      });
      const name = await isRegistered('JSON', text);
      expect((await check(name, 'JSON', text)).body.is_compatible).to.equal(true);
    });

    it('in thousands are refused', async () => {
      const references = times(5_000, (n) => ({ name: `n${n}`, subject: 'bomb-L0_0', version: 1 }));
      const { body } = await register(subject(), 'AVRO', '"int"', { references });
      expect(body.error_code).to.equal(42201);
    });

    it('that cross each other by the thousand are refused', async () => {
      const record = (name: string) => JSON.stringify({ type: 'record', name, fields: [] });
      const [leaves, knots] = [times(100, (n) => `Leaf${n}`), times(101, (n) => `Knot${n}`)];
      const to = (names: readonly string[]) => names.map((name) => ({ name, subject: name, version: 1 }));
      for (const name of leaves)
        await send('POST', `/subjects/${name}/versions`, JSON.stringify(sent('AVRO', record(name))));
      for (const name of knots) {
        const { status } = await send(
          'POST',
          `/subjects/${name}/versions`,
          JSON.stringify(sent('AVRO', record(name), { references: to(leaves) })),
        );
        expect(status).to.equal(200);
      }
      const few = await register(subject(), 'AVRO', record('Few'), { references: to(knots.slice(0, 50)) });
      expect(few.status).to.equal(200);
      const many = await register(subject(), 'AVRO', record('Many'), { references: to(knots) });
      expect(many.body.error_code).to.equal(42201);
      expect(many.body.message).to.contain('more than 10000');
    });

    for (const [type, text] of [
      [
        'JSON',
        (name: string, below: readonly string[]) =>
          JSON.stringify({
            $id: `http://bombs/${name}`,
            properties: Object.fromEntries(
              below.flatMap((one) => [1, 2].map((n) => [`${one}_${n}`, { $ref: `http://bombs/${one}` }])),
            ),
          }),
      ],
      [
        'PROTOBUF',
        (name: string, below: readonly string[]) =>
          `syntax = "proto3"; ${below.map((one) => `import "http://bombs/${one}";`).join(' ')} message ${name} { ${below.map((one, n) => `${one} a${n} = ${2 * n + 1}; repeated ${one} b${n} = ${2 * n + 2};`).join(' ')} }`,
      ],
    ] as const) {
      it(`of each schema to ten others, six levels deep: ${type}`, async () => {
        let below: string[] = [];
        for (let level = 0; level < 6; level++) {
          const names = times(10, (n) => `${type}${level}_${n}`);
          for (const name of names) {
            const references = below.map((one) => ({
              name: `http://bombs/${one}`,
              subject: one,
              version: 1,
            }));
            const { status, body } = await register(name, type, text(name, below), { references });
            expect(status, JSON.stringify(body).slice(0, 300)).to.equal(200);
          }
          below = names;
        }
        const before = times(10, (n) => `${type}4_${n}`);
        const references = before.map((one) => ({ name: `http://bombs/${one}`, subject: one, version: 1 }));
        const schema = text(`${type}5_0`, before);
        const { body } = await ask(
          'POST',
          `/compatibility/subjects/${type}5_0/versions/latest`,
          sent(type, schema, { references }),
        );
        expect(body).to.deep.equal({ is_compatible: true });
      });
    }

    for (const [type, text, open] of [
      [
        'AVRO',
        (n: number) => ({
          name: `Level${n}`,
          text: JSON.stringify({
            type: 'record',
            name: `Level${n}`,
            fields: n === 0 ? [] : ['a', 'b'].map((name) => ({ name, type: `Level${n - 1}` })),
          }),
        }),
        'resolved',
      ],
      [
        'JSON',
        (n: number) => ({
          name: `http://levels/${n}`,
          text: JSON.stringify({
            $id: `http://levels/${n}`,
            properties:
              n === 0 ? {} : { a: { $ref: `http://levels/${n - 1}` }, b: { $ref: `http://levels/${n - 1}` } },
          }),
        }),
        'none',
      ],
      [
        'PROTOBUF',
        (n: number) => ({
          name: `level${n}.proto`,
          text: `syntax = "proto3"; ${n === 0 ? '' : `import public "level${n - 1}.proto";`} message Level${n} { ${n === 0 ? '' : `Level${n - 1} a = 1; Level${n - 1} b = 2;`} }`,
        }),
        'serialized',
      ],
    ] as const) {
      it(`doubled at each of 30 levels are followed once: ${type}`, async () => {
        const at = (n: number) => `levels-${type}-${n}`;
        for (let n = 0; n < 30; n++) {
          const references = n === 0 ? [] : [{ name: text(n - 1).name, subject: at(n - 1), version: 1 }];
          const { status, body } = await register(at(n), type, text(n).text, { references });
          expect(status, JSON.stringify(body).slice(0, 300)).to.equal(200);
        }
        const shown = await ask('GET', `/subjects/${at(29)}/versions/1?format=${open}`);
        expect(shown.body.schema.length).to.be.below(10_000);
        const references = [{ name: text(28).name, subject: at(28), version: 1 }];
        const { body } = await ask(
          'POST',
          `/compatibility/subjects/${at(29)}/versions/1`,
          sent(type, text(29).text, { references }),
        );
        expect(body).to.deep.equal({ is_compatible: true });
      });
    }

    it('of a schema to itself are refused', async () => {
      const { body } = await register('selfish', 'AVRO', '"Self"', {
        references: [{ name: 'Self', subject: 'selfish', version: 1 }],
      });
      expect(body.error_code).to.equal(42201);
    });
  });

  describe('requests that are odd get a clear answer', () => {
    const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
    const cases: readonly (readonly [string, string, string, unknown, number])[] = [
      [
        'a metadata of 5,000 levels',
        'POST',
        '/subjects/x/versions',
        Buffer.from(`{"schema":"\\"int\\"","metadata":${nested(5_000)}}`),
        400,
      ],
      [
        'a list that is never closed',
        'PUT',
        '/config',
        Buffer.from(`{"defaultMetadata":${'['.repeat(900_000)}`),
        400,
      ],
      [
        'a prefix of 60,000 characters',
        'GET',
        `/subjects?subjectPrefix=${'a'.repeat(60_000)}`,
        undefined,
        200,
      ],
      ['a prefix with what LIKE means', 'GET', '/subjects?subjectPrefix=%25_%5C', undefined, 200],
      ['a prefix at the end of Unicode', 'GET', '/schemas?subjectPrefix=%F4%8F%BF%BF', undefined, 200],
      ['bytes that are no text in a query', 'GET', '/subjects?subjectPrefix=%ff%fe', undefined, 200],
      ['bytes that are no text in a path', 'GET', '/subjects/%ff%fe/versions', undefined, 400],
      ['half an escape', 'GET', '/subjects/%4/versions', undefined, 400],
      ['a name of escapes', 'GET', `/subjects/${'%41'.repeat(20_000)}/versions`, undefined, 404],
      ['50,000 slashes', 'GET', '/'.repeat(50_000), undefined, 404],
      ['contexts in contexts', 'GET', `${'/contexts/.a'.repeat(3_000)}/subjects`, undefined, 400],
      ['an id of 60,000 digits', 'GET', `/schemas/ids/${'9'.repeat(60_000)}`, undefined, 404],
      ['a version of 60,000 digits', 'GET', `/subjects/x/versions/${'9'.repeat(60_000)}`, undefined, 422],
      [
        'an id beyond all numbers',
        'POST',
        '/subjects/x/versions',
        Buffer.from('{"schema":"\\"int\\"","id":1e400}'),
        400,
      ],
      [
        'a rule name of 500,000 characters',
        'POST',
        '/subjects/x/versions',
        { schema: '"int"', ruleSet: { domainRules: [{ name: `${'a'.repeat(500_000)}!`, type: 'CEL' }] } },
        422,
      ],
      ['a page at the end of numbers', 'GET', '/subjects?offset=2147483647&limit=2147483647', undefined, 200],
    ];
    for (const [title, method, path, body, status] of cases) {
      it(`${status} to ${title}`, async () => {
        const answer = await ask(method, path, body);
        expect(answer.status, JSON.stringify(answer.body).slice(0, 300)).to.equal(status);
      });
    }
  });

  describe('bodies that never end', () => {
    let impatient: RegistryProcess;
    before(async () => {
      impatient = await startRegistryProcess({ REQUEST_TIMEOUT: '1' });
    });
    after(() => impatient.stop());

    /** Sends the beginning of a body, and answers what came back until the server hung up or was heard. */
    const begin = (length: number) =>
      new Promise<string>((resolve, reject) => {
        const { hostname, port } = new URL(impatient.url);
        const socket = connect(Number(port), hostname);
        socket.setEncoding('utf8');
        socket.once('error', reject);
        socket.once('data', (text) => {
          resolve(String(text));
          socket.destroy();
        });
        socket.write(
          `POST /subjects/slow/versions HTTP/1.1\r\nHost: slow\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n{"schema`,
        );
      });

    it('are given up in time, as the fault of who sends them, and hold nobody up', async () => {
      const started = performance.now();
      const slow = [...times(50, () => begin(1_000)), ...times(50, () => begin(500_000))].map((answer) =>
        answer.then((text) => expect(text).to.match(/^HTTP\/1.1 408 /)),
      );
      for (let n = 0; n < 20; n++) {
        const asked = performance.now();
        expect((await fetch(`${impatient.url}/subjects`)).status).to.equal(200);
        expect(performance.now() - asked).to.be.below(longestGapMs);
      }
      await Promise.all(slow);
      expect(performance.now() - started).to.be.below(10_000);
    });
  });

  describe('odd texts', () => {
    it('a key twice in the body: the last counts', async () => {
      const name = subject();
      const body = Buffer.from(
        '{"schema":"\\"int\\"","schemaType":"JSON","schemaType":"AVRO","schema":"\\"string\\""}',
      );
      expect((await ask('POST', `/subjects/${name}/versions`, body)).status).to.equal(200);
      expect((await ask('GET', `/subjects/${name}/versions/1`)).body.schema).to.equal('"string"');
    });

    it('a key twice in a schema: the last counts, and is what is shown', async () => {
      for (const [type, text, shown] of [
        ['JSON', '{"type":"string","1":0,"type":"object","1":2}', '{"1":2,"type":"object"}'],
        ['JSON', '{"type":"string","type":"object"}', '{"type":"object"}'],
        ['AVRO', '{"type":"fixed","name":"F","size":1,"size":2}', '{"type":"fixed","name":"F","size":2}'],
      ] as const) {
        const name = await isRegistered(type, text);
        expect((await ask('GET', `/subjects/${name}/versions/1`)).body.schema).to.equal(shown);
      }
    });

    it('bytes that are no UTF-8 are refused', async () => {
      const body = Buffer.concat([
        Buffer.from('{"schema":"\\"int\\"","x":"'),
        Buffer.from([0xff, 0xc0]),
        Buffer.from('"}'),
      ]);
      const { status } = await ask('POST', `/subjects/${subject()}/versions`, body);
      expect(status).to.equal(400);
    });

    it('half a character is not stored as something else', async () => {
      for (const [type, text] of [
        ['JSON', '{"title":"\ud800"}'],
        ['JSON', '{"title":"\ud800","1":1}'],
        ['AVRO', '{"type":"record","name":"R","doc":"\ud800","fields":[]}'],
        ['PROTOBUF', 'syntax = "proto3"; option java_package = "\ud800";'],
      ] as const) {
        const name = subject();
        const { status, body } = await register(name, type, text);
        if (status !== 200) {
          expect(body.error_code, JSON.stringify(body)).to.be.oneOf([400, 42201]);
          continue;
        }
        const found = await ask('POST', `/subjects/${name}`, sent(type, text));
        expect(found.status).to.equal(200);
        const shown = await ask('GET', `/subjects/${name}/versions/1`);
        expect(shown.body.schema).to.contain('\\ud800');
      }
    });

    it('NUL in a schema is kept or refused', async () => {
      for (const [type, text] of [
        ['JSON', '{"title":"a\\u0000b"}'],
        ['JSON', '{"title":"a\u0000b"}'],
        ['AVRO', '{"type":"record","name":"R","doc":"a\\u0000b","fields":[]}'],
        ['PROTOBUF', 'syntax = "proto3"; option java_package = "a\\0b";'],
        ['PROTOBUF', 'syntax = "proto3"; // \u0000'],
      ] as const) {
        const { status, body } = await register(subject(), type, text);
        expect(status === 200 ? 42201 : body.error_code, JSON.stringify(body)).to.equal(42201);
      }
    });
  });

  describe('names that every object has', () => {
    const odd = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'] as const;
    const texts: Record<Type, (names: readonly string[], type: string) => string> = {
      AVRO: (names, type) =>
        JSON.stringify({
          type: 'record',
          name: 'constructor',
          fields: [
            ...names.map((name) => ({ name, type, aliases: ['toString'] })),
            { name: 'symbol', type: { type: 'enum', name: '__proto__', symbols: odd } },
          ],
          toString: 1,
        }),
      JSON: (names, type) =>
        `{"type":"object","constructor":1,"additionalProperties":false,"properties":{${names.map((name) => `"${name}":{"type":"${type}"}`).join(',')}},"required":["__proto__"],"definitions":{"__proto__":{"$ref":"#/definitions/constructor"},"constructor":{}},"dependencies":{"__proto__":["toString"]},"patternProperties":{"__proto__":{}}}`,
      PROTOBUF: (names, type) =>
        `syntax = "proto3"; message constructor { ${names.map((name, n) => `${type} ${name} = ${n + 1};`).join(' ')} oneof __proto__x { int32 a = 99; } } message __proto__ {} enum toString { valueOf = 0; }`,
    };
    for (const type of types) {
      it(`are names like others: ${type}`, async () => {
        const [text, narrower] = [
          texts[type](odd, 'string'),
          texts[type](odd, type === 'PROTOBUF' ? 'double' : type === 'JSON' ? 'integer' : 'int'),
        ];
        const name = await isRegistered(type, text);
        const shown = (await ask('GET', `/subjects/${name}/versions/1`)).body.schema;
        for (const one of odd) expect(shown).to.contain(one);
        expect((await check(name, type, text)).body.is_compatible).to.equal(true);
        expect((await check(name, type, narrower)).body.is_compatible).to.equal(false);
        const normalized = await ask(
          'POST',
          `/subjects/${subject()}/versions?normalize=true`,
          sent(type, text),
        );
        expect(normalized.status).to.equal(200);
      });
    }

    it('are subjects and contexts like others', async () => {
      for (const name of [...odd, ':.__proto__:constructor', ':.constructor:__proto__']) {
        expect((await register(name, 'AVRO', '"int"')).status, name).to.equal(200);
        const path = encodeURIComponent(name);
        expect((await ask('GET', `/subjects/${path}/versions`)).body).to.deep.equal([1]);
        expect((await ask('GET', `/config/${path}`)).status).to.equal(404);
        expect((await ask('PUT', `/config/${path}`, { compatibility: 'FULL' })).status).to.equal(200);
        expect((await ask('GET', `/config/${path}`)).body.compatibilityLevel).to.equal('FULL');
      }
      expect((await ask('GET', '/subjects')).body).to.include.members([...odd]);
    });

    it('are metadata like others', async () => {
      const metadata =
        '{"properties":{"__proto__":"a","constructor":"b","toString":"c"},"tags":{"__proto__":["x"]}}';
      const name = subject();
      const body = Buffer.from(`{"schema":"\\"int\\"","metadata":${metadata}}`);
      expect((await ask('POST', `/subjects/${name}/versions`, body)).status).to.equal(200);
      const text = await (await fetch(`${server.url}/subjects/${name}/versions/1`)).text();
      expect(text).to.contain('"__proto__":"a"').and.to.contain('"constructor":"b"');
    });

    it('are groups, properties, rules, aliases and references like others', async () => {
      for (const one of odd) {
        const name = subject();
        const config = Buffer.from(
          `{"${one}":{"compatibility":"NONE"},"compatibilityGroup":"${one}","defaultMetadata":{"properties":{"${one}":"given"}},` +
            `"overrideRuleSet":{"domainRules":[{"name":"${one}","type":"${one}","mode":"READ","params":{"${one}":"1"}}]}}`,
        );
        expect((await ask('PUT', `/config/${name}`, config)).status).to.equal(200);
        const level = await ask('PUT', `/config/${name}`, { compatibility: one });
        expect(level.body.error_code).to.equal(42203);
        expect((await ask('PUT', `/mode/${name}`, { mode: one })).body.error_code).to.equal(42204);
        expect((await register(name, 'AVRO', '"int"')).status).to.equal(200);
        expect((await register(name, 'AVRO', '"long"')).status).to.equal(200);
        expect((await register(name, 'AVRO', '"boolean"')).body.error_code).to.equal(40901);
        const found = await ask('GET', `/subjects/${name}/metadata?key=${one}&value=given`);
        expect(found.body.version).to.equal(2);
        expect(found.body.ruleSet.domainRules[0].params[one]).to.equal('1');
        expect((await ask('GET', `/schemas?ruleType=${one}`)).body).to.have.length(2);

        const real = `:.odd:${one}`;
        expect((await register(real, 'AVRO', '"string"')).status).to.equal(200);
        const alias = `:.odd:${subject()}`;
        await ask('PUT', `/config/${alias}`, { alias: one });
        expect((await ask('GET', `/subjects/${alias}/versions/1`)).body.subject).to.equal(real);
        const references = [{ name: one, subject: real, version: 1 }];
        expect((await register(subject(), 'AVRO', '"int"', { references })).status).to.equal(200);
      }
    });

    it('in a body, a query or a type change nothing else', async () => {
      const body = Buffer.from('{"__proto__":{"schemaType":"JSON"},"constructor":1,"schema":"\\"int\\""}');
      expect(
        (await ask('POST', `/subjects/${subject()}/versions?__proto__=1&constructor=2`, body)).status,
      ).to.equal(200);
      for (const schemaType of odd) {
        const { body: answer } = await ask('POST', `/subjects/${subject()}/versions`, {
          schema: '{}',
          schemaType,
        });
        expect(answer.error_code).to.equal(42201);
      }
      for (const format of odd) {
        expect((await ask('GET', `/schemas/ids/1?format=${format}`)).status).to.equal(200);
      }
    });
  });
});

function times<T>(count: number, make: (n: number) => T): T[] {
  return Array.from({ length: count }, (_, n) => make(n));
}

function pair(make: (prefix: string) => string) {
  return { before: make('a'), after: make('b') };
}

function nest(levels: number): object {
  return levels === 0 ? {} : { definitions: { a: nest(levels - 1) } };
}

function alternatives(levels: number, inside: object): object {
  return levels === 0 ? inside : { anyOf: [alternatives(levels - 1, inside), { title: `${levels}` }] };
}
