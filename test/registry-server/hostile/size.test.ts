import { connect } from 'node:net';
import { expect } from 'chai';
import {
  type Answer,
  hostileServer,
  longestGapMs,
  type Type,
  times,
  types,
} from '../../build/hostile-server.ts';
import { type RegistryProcess, startRegistryProcess } from '../../build/registry-process.ts';

describe('hostile and large input', () => {
  const { subject, send, ask, sent, register, check, isRegistered, isRefused } = hostileServer();

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
});
