import { expect } from 'chai';
import { hostileServer, type Type, types } from '../../build/hostile-server.ts';

describe('hostile and large input', () => {
  const { url, subject, ask, sent, register, check, isRegistered } = hostileServer();

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
      const text = await (await fetch(`${url()}/subjects/${name}/versions/1`)).text();
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
