import { once } from 'node:events';
import { createServer, get, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { openAnswering } from '../../../registry-server/before-koa/answer.ts';
import { answerFromMemory } from '../../../registry-server/before-koa/answer-from-memory.ts';
import { beginRequest } from '../../../registry-server/before-koa/http-record.ts';
import { KnownPosts } from '../../../registry-server/before-koa/known-posts.ts';
import { ReadyAnswers } from '../../../registry-server/before-koa/ready-answers.ts';
import { Lifecycle } from '../../../registry-server/lifecycle.ts';
import { openLog } from '../../../registry-server/log.ts';
import { openMetrics } from '../../../registry-server/metrics/metrics.ts';
import type { StoredSchema, SubjectState } from '../../../registry-server/store/store.ts';
import { idleSources } from '../../build/metrics.ts';
import { anAvroRecord } from '../../build/schema.ts';
import { startServer, type TestServer } from '../../build/server.ts';

interface RawReply {
  readonly status: number | undefined;
  /** Names and values as they were sent; without the date and the ids that the server makes up. */
  readonly headers: readonly string[];
  readonly body: string;
}

async function fetchRaw(url: string, headers: Record<string, string> = {}): Promise<RawReply> {
  const [answer] = (await once(get(url, { headers, agent: false }), 'response')) as [IncomingMessage];
  let body = '';
  for await (const text of answer.setEncoding('utf8')) body += text;
  const shown = answer.rawHeaders.map((value, i) => {
    const name = answer.rawHeaders[i - 1];
    return i % 2 === 1 && (name === 'Date' || /^[0-9a-f-]{36}$/.test(value)) ? '…' : value;
  });
  return { status: answer.statusCode, headers: shown, body };
}

/** The status of the answer. */
async function postInPieces({ url }: TestServer, path: string, text: string): Promise<number | undefined> {
  const bytes = Buffer.from(text);
  const headers = { 'Content-Type': 'application/json', 'Content-Length': bytes.length };
  const sending = request(url + path, { method: 'POST', headers, agent: false });
  // In the middle of a character.
  for (let at = 0; at < bytes.length; at += 50_001) sending.write(bytes.subarray(at, at + 50_001));
  sending.end();
  const [answer] = (await once(sending, 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
}

describe('the front', () => {
  describe('beside Koa', () => {
    let server: TestServer;
    let count = 0;
    let subject: string;
    let id: number;
    const lines: string[] = [];

    before(async () => {
      server = await startServer({}, (line) => lines.push(line));
      await server.ready;
    });
    after(() => server.stop());
    beforeEach(async () => {
      count += 1;
      subject = `s${count}`;
      ({ id } = (await register(anAvroRecord('R', [`a${count}`]))).body);
      await register(anAvroRecord('R', [`a${count}`, { name: 'u', doc: 'ü', type: 'int', default: 1 }]));
    });

    const register = (schema: string, name = subject) =>
      server.ask('POST', `/subjects/${encodeURIComponent(name)}/versions`, { schema });

    /** Asked twice, the second answer is the front's; a query is Koa's, and one that nobody knows is ignored. */
    async function expectSame(path: string, headers?: Record<string, string>): Promise<RawReply> {
      await fetchRaw(server.url + path, headers);
      const front = await fetchRaw(server.url + path, headers);
      expect(front).to.deep.equal(await fetchRaw(`${server.url + path}?not=known`, headers));
      return front;
    }

    const paths = () => [
      `/schemas/ids/${id}`,
      `/schemas/ids/${id + 1}`,
      `/subjects/${subject}/versions/1`,
      `/subjects/${subject}/versions/2`,
      `/subjects/${subject}/versions/latest`,
    ];

    it('answers byte by byte and header by header the same', async () => {
      for (const path of paths()) expect((await expectSame(path)).status).to.equal(200);
    });

    for (const Accept of [
      '*/*',
      'application/json',
      'application/vnd.schemaregistry+json',
      'application/vnd.schemaregistry.v1+json, application/vnd.schemaregistry+json, application/json',
      'application/json; q=0.5, application/vnd.schemaregistry.v1+json; q=0.1',
      'text/html',
      `application/json, ${'x/y, '.repeat(100)}`,
    ]) {
      it(`answers the same to Accept: ${Accept.slice(0, 80)}`, async () => {
        for (const path of paths()) await expectSame(path, { Accept });
      });
    }

    for (const given of ['my-id-1', 'not an id', 'x'.repeat(129)]) {
      it(`answers the same to the request id ${given.slice(0, 20)}`, async () => {
        for (const path of paths()) await expectSame(path, { 'X-Request-Id': given });
      });
    }

    it('answers the same to paths that are odd', async () => {
      for (const path of [
        `/schemas/ids/0${id}`,
        `/schemas/ids/${id}/`,
        `/schemas/ids/-${id}`,
        '/schemas/ids/9999999999',
        '/schemas/ids/987654',
        '/Schemas/ids/1',
        `/subjects/${subject}/versions/LATEST`,
        `/subjects/${subject}/versions/-1`,
        `/subjects/${subject}/versions/0`,
        `/subjects/${subject}/versions/3`,
        `/subjects/${subject}/versions/1/`,
        '/subjects/%zz/versions/1',
        '/subjects/not%20there/versions/1',
        '/subjects//versions/1',
      ]) {
        await expectSame(path);
      }
    });

    for (const name of ['with space', 'a/b', 'grün', '100%', 'a+b', ':.other:s']) {
      it(`answers the same for the subject ${name}`, async () => {
        await register('"int"', name);
        const { status } = await expectSame(`/subjects/${encodeURIComponent(name)}/versions/latest`);
        expect(status).to.equal(200);
      });
    }

    it('answers HEAD as Koa does', async () => {
      for (const path of paths()) {
        const reply = await server.ask('HEAD', path);
        expect([reply.status, reply.text]).to.deep.equal([200, '']);
      }
    });

    it('forgets what changed at once', async () => {
      const latest = `/subjects/${subject}/versions/latest`;
      const version = async () => JSON.parse((await expectSame(latest)).body).version;
      expect(await version()).to.equal(2);
      await register(anAvroRecord('R', [`a${count}`, 'b']));
      expect(await version()).to.equal(3);
      await server.ask('DELETE', `/subjects/${subject}/versions/3`);
      expect(await version()).to.equal(2);
      expect((await expectSame(`/subjects/${subject}/versions/3`)).status).to.equal(404);
      await server.ask('PUT', `/config/${subject}`, { compatibility: 'NONE' });
      expect(await version()).to.equal(2);
      await server.ask('DELETE', `/subjects/${subject}`);
      expect((await expectSame(latest)).status).to.equal(404);
      expect((await expectSame(`/schemas/ids/${id}`)).status).to.equal(200);
      await server.ask('DELETE', `/subjects/${subject}?permanent=true`);
      expect((await expectSame(`/schemas/ids/${id}`)).status).to.equal(404);
    });

    describe('posts that came before', () => {
      const ask = async (path: string, body: object, headers: Record<string, string> = {}) => {
        const reply = await server.ask('POST', path, body, headers);
        return { status: reply.status, type: reply.type, text: reply.text };
      };
      const schema = () => ({ schema: anAvroRecord('R', [`a${count}`]) });

      for (const path of ['', '/versions', '?deleted=true', '/versions?normalize=true']) {
        it(`are answered as before: ${path}`, async () => {
          const url = `/subjects/${subject}${path}`;
          const first = await ask(url, schema());
          expect(first.status).to.equal(200);
          expect(await ask(url, schema())).to.deep.equal(first);
          const Accept = 'application/json';
          expect(await ask(url, schema(), { Accept })).to.deep.equal({ ...first, type: Accept });
          expect((await ask(url, schema(), { Accept: 'text/html' })).status).to.equal(406);
          expect((await ask(url, schema(), { 'Content-Type': 'text/html' })).status).to.equal(415);
        });
      }

      it('are judged anew when the subject or what it is under has changed', async () => {
        const url = `/subjects/${subject}`;
        const again = async () => [await ask(url, schema()), await ask(`${url}/versions`, schema())];
        const version = async () => (await again()).map(({ text }) => JSON.parse(text).version);
        expect([await version(), await version()]).to.deep.equal([
          [1, 1],
          [1, 1],
        ]);
        await server.ask('PUT', `/mode/${subject}`, { mode: 'READONLY' });
        // What is there already is answered in every mode.
        expect(await version()).to.deep.equal([1, 1]);
        await server.ask('DELETE', `/mode/${subject}`);
        expect(await version()).to.deep.equal([1, 1]);
        await server.ask('DELETE', `${url}/versions/1`);
        expect((await ask(url, schema())).status).to.equal(404);
        await server.ask('PUT', `/config/${subject}`, { compatibility: 'NONE' });
        expect(JSON.parse((await ask(`${url}/versions`, schema())).text).version).to.equal(3);
        await server.ask('PUT', `/config/${subject}`, { alias: 'elsewhere' });
        expect((await ask(url, schema())).status).to.equal(404);
        await server.ask('PUT', `/config/${subject}`, { alias: null });
        expect(JSON.parse((await ask(url, schema())).text).version).to.equal(3);
      });

      it('are read anew where they refer to something', async () => {
        await register('{"type":"record","name":"Inner","fields":[]}', `inner-${count}`);
        const body = {
          schema: '{"type":"array","items":"Inner"}',
          references: [{ name: 'Inner', subject: `inner-${count}`, version: -1 }],
        };
        const url = `/subjects/outer-${count}/versions`;
        expect(JSON.parse((await ask(url, body)).text).version).to.equal(1);
        expect(JSON.parse((await ask(url, body)).text).version).to.equal(1);
        await register('{"type":"record","name":"Inner","doc":"new","fields":[]}', `inner-${count}`);
        expect(JSON.parse((await ask(url, body)).text).version).to.equal(2);
      });

      it('take bodies in pieces, and of any length', async () => {
        for (const length of [10, 200_000]) {
          const text = JSON.stringify({ ...schema(), other: 'ü'.repeat(length) });
          for (let n = 0; n < 2; n += 1)
            expect(await postInPieces(server, `/subjects/${subject}`, text)).to.equal(200);
        }
      });

      it('are counted and logged as before', async () => {
        const url = `/subjects/${subject}/versions`;
        const count = async () => {
          const text = await (await fetch(`${server.metricsUrl}/metrics`)).text();
          const read = (name: string) => Number(text.split(`schema_registry_${name} `)[1]?.split('\n')[0]);
          return [
            read('http_requests_total{route="/subjects/:subject/versions",method="POST",status="200"}'),
            read('registrations_total{outcome="existing"}'),
          ];
        };
        await ask(url, schema());
        const [requests = 0, existing = 0] = await count();
        await ask(url, schema(), { 'X-Request-Id': `known-${subject}` });
        expect(await count()).to.deep.equal([requests + 1, existing + 1]);
        const line = lines
          .map((text) => JSON.parse(text))
          .find(({ requestId }) => requestId === `known-${subject}`);
        expect(line).to.include({ level: 'info', method: 'POST', path: url, status: 200 });
      });

      it('are logged without their query, as all are', async () => {
        const url = `/subjects/${subject}/versions`;
        const requestIds = ['koa', 'front'].map((by) => `${by}-${subject}`);
        for (const requestId of requestIds)
          await ask(`${url}?normalize=true`, schema(), { 'X-Request-Id': requestId });
        const logged = lines
          .map((text) => JSON.parse(text))
          .filter(({ requestId }) => requestIds.includes(requestId));
        expect(logged.map(({ path }) => path)).to.deep.equal([url, url]);
      });
    });

    it('is counted and logged as Koa is', async () => {
      const path = `/subjects/${subject}/versions/1`;
      await server.get(path);
      const labels =
        'http_requests_total{route="/subjects/:subject/versions/:version",method="GET",status="200"}';
      const counted = async () => {
        const text = await (await fetch(`${server.metricsUrl}/metrics`)).text();
        const read = (name: string) => Number(text.split(`schema_registry_${name} `)[1]?.split('\n')[0]);
        return [read(labels), read('cache_reads_total{level="memory",result="hit"}')];
      };
      const [before = [], byFront = [], byKoa = []] = [
        await counted(),
        await server.get(path, { 'X-Request-Id': 'the-front' }).then(counted),
        await server.get(`${path}?not=known`, { 'X-Request-Id': 'koa' }).then(counted),
      ];
      const added = (now: number[], then: number[]) => now.map((value, i) => value - (then[i] ?? 0));
      expect(added(byFront, before)).to.deep.equal([1, 2]);
      expect(added(byKoa, byFront)).to.deep.equal([1, 2]);
      const logged = (requestId: string) => {
        const line = lines.map((text) => JSON.parse(text)).find((entry) => entry.requestId === requestId);
        return { ...line, requestId: '', time: '', durationMs: typeof line.durationMs };
      };
      expect(logged('the-front')).to.deep.equal(logged('koa')).and.to.include({ level: 'debug', path });
    });

    it('tells clients to connect elsewhere while it drains', async () => {
      const draining = await startServer({ GRACEFUL_SHUTDOWN_TIMEOUT: '3' });
      await draining.ready;
      await draining.ask('POST', '/subjects/s/versions', { schema: '"int"' });
      await draining.get('/subjects/s/versions/1');
      const stopped = draining.stop();
      for (const path of ['/schemas/ids/1', '/subjects/s/versions/1']) {
        const front = await fetchRaw(draining.url + path);
        expect(front).to.deep.equal(await fetchRaw(`${draining.url + path}?not=known`));
        expect(front.headers.join()).to.include('Connection,close');
      }
      await stopped;
    });
  });

  describe('alone', () => {
    const schema: StoredSchema = {
      context: '.',
      id: 1,
      guid: 'g',
      schemaType: 'AVRO',
      schema: '"int"',
      references: [],
    };
    const state: SubjectState = {
      revision: '1',
      settingsRevision: '0',
      settings: { subject: {}, context: {}, global: {} },
      lastVersion: 1,
      versions: [{ version: 1, id: 1, isDeleted: false, createdAtMs: 0 }],
    };
    const paths = ['/schemas/ids/1', '/subjects/s/versions/1', '/subjects/s/versions/latest'];

    /** Who answers each of the paths. */
    async function answers(
      change: (held: { schema?: StoredSchema; state?: SubjectState; lifecycle: Lifecycle }) => void,
      method = 'GET',
    ): Promise<readonly string[]> {
      const lifecycle = new Lifecycle();
      const held: Parameters<typeof change>[0] = { schema, state, lifecycle };
      const metrics = openMetrics(idleSources);
      const log = openLog({ level: 'silent', format: 'json' });
      const store = { peekSchema: () => held.schema, peekSubject: () => held.state };
      const station = answerFromMemory({
        answers: new ReadyAnswers(store, new KnownPosts(10), 10),
        metrics,
        lifecycle,
        answer: openAnswering(lifecycle, { metrics, log }),
      });
      const handler = station(({ response }) => response.end('Koa'));
      const server = createServer((request, response) =>
        handler(beginRequest(request, response, () => undefined)),
      ).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const ask = () =>
        Promise.all(
          paths.map(async (path) =>
            (await (await fetch(url + path, { method })).text()) === 'Koa' ? 'Koa' : 'front',
          ),
        );
      lifecycle.serve();
      await ask();
      change(held);
      const answered = await ask();
      server.closeAllConnections();
      server.close();
      return answered;
    }

    it('answers what memory holds', async () => {
      expect(await answers(() => {})).to.deep.equal(['front', 'front', 'front']);
    });

    it('answers from an equal object that was read anew', async () => {
      const anew = await answers((held) => {
        held.schema = { ...schema };
        held.state = { ...state };
      });
      expect(anew).to.deep.equal(['front', 'front', 'front']);
    });

    it('leaves subjects to Koa while the change feed is lost', async () => {
      expect(await answers((held) => delete held.state)).to.deep.equal(['front', 'Koa', 'Koa']);
    });

    it('leaves all to Koa once the schema is gone', async () => {
      expect(await answers((held) => delete held.schema)).to.deep.equal(['Koa', 'Koa', 'Koa']);
    });

    it('leaves other methods to Koa', async () => {
      expect(await answers(() => {}, 'POST')).to.deep.equal(['Koa', 'Koa', 'Koa']);
    });

    it('leaves all to Koa until the server has started', async () => {
      const lifecycle = new Lifecycle();
      const store = { peekSchema: () => schema, peekSubject: () => state };
      const answers = new ReadyAnswers(store, new KnownPosts(10), 10);
      let asked = 0;
      const station = answerFromMemory({
        answers,
        metrics: openMetrics(idleSources),
        lifecycle,
        answer: () => expect.fail('answered before the start'),
      });
      const request = { method: 'GET', url: paths[0], headers: {} } as IncomingMessage;
      station(() => {
        asked += 1;
      })(beginRequest(request, {} as never, () => undefined));
      expect(asked).to.equal(1);
    });
  });
});
