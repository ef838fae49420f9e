import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { Readiness } from '../../../registry-server/readiness.ts';
import { eventually } from '../../build/eventually.ts';
import { openGrpcClient } from '../../build/grpc.ts';
import { missingPostgres, startPostgres, type TestPostgres } from '../../build/postgres.ts';
import { type RegistryProcess, startRegistryProcess } from '../../build/registry-process.ts';
import { anAvroRecord } from '../../build/schema.ts';

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  readonly body: any;
}

describe(`workers${missingPostgres ? ` (skipped: ${missingPostgres})` : ''}`, () => {
  let postgres: TestPostgres;
  let server: RegistryProcess;
  let databases = 0;

  before(async function () {
    if (missingPostgres) return this.skip();
    postgres = await startPostgres();
  });
  after(() => postgres?.stop());

  async function start(environment: Readonly<Record<string, string>> = {}): Promise<void> {
    databases += 1;
    server = await startRegistryProcess({
      DATABASE_URL: await postgres.createDatabase(`workers_${databases}`),
      WORKERS: '3',
      LOG_LEVEL: 'info',
      ...environment,
    });
  }
  afterEach(async () => {
    await server?.stop();
    expect(server?.output() ?? '').not.to.include('"level":"fatal"');
  });

  /** On a connection of its own, so that it may meet any worker; or on those of an agent. */
  async function ask(method: string, path: string, body?: object, agent?: Agent): Promise<Answer> {
    const sent = request(server.url + path, {
      method,
      agent: agent ?? false,
      headers: { 'Content-Type': 'application/json' },
    });
    sent.end(body && JSON.stringify(body));
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const text = (await response.setEncoding('utf8').toArray()).join('');
    return { status: response.statusCode ?? 0, body: text === '' ? undefined : JSON.parse(text) };
  }

  const events = (event: string) =>
    server
      .output()
      .split('\n')
      .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []))
      .filter((line) => line.event === event);

  it('ask who is there, each of them', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'registry-workers-'));
    const key = 'k'.repeat(32);
    writeFileSync(join(folder, 'keys.yaml'), JSON.stringify([{ name: 'a', role: 'reader', key }]));
    try {
      await start({ AUTH_KEYS_FILE: join(folder, 'keys.yaml') });
      const headers = { 'X-API-Key': key, Connection: 'close' };
      for (let n = 0; n < 9; n += 1) {
        expect((await ask('GET', '/subjects')).status).to.equal(401);
        expect((await fetch(`${server.url}/subjects`, { headers })).status).to.equal(200);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('show each a write that another one took, at once', async () => {
    await start();
    const everyWorker = [1, 2, 3, 4, 5, 6];
    for (let version = 1; version <= 25; version += 1) {
      const schema = anAvroRecord('Seen', [`f${version}`]);
      const { status } = await ask('POST', '/subjects/seen/versions', { schema });
      expect(status).to.equal(200);
      for (const _ of everyWorker) {
        expect((await ask('GET', '/subjects/seen/versions/latest')).body.version).to.equal(version);
      }
      const level = version % 2 === 0 ? 'FULL' : 'BACKWARD';
      await ask('PUT', '/config/seen', { compatibility: level });
      for (const _ of everyWorker) {
        expect((await ask('GET', '/config/seen')).body.compatibilityLevel).to.equal(level);
      }
    }
    await ask('DELETE', '/subjects/seen');
    for (const _ of everyWorker) {
      expect((await ask('GET', '/subjects/seen/versions/latest')).status).to.equal(404);
    }
    const workers = new Set(events('request').map(({ worker }) => worker));
    expect(workers.size).to.equal(3);
  });

  it('show each a subject that none of them knew', async () => {
    await start();
    for (let n = 0; n < 40; n += 1) {
      const path = `/subjects/unknown-${n}/versions`;
      const misses = [1, 2, 3].map(async () => ask('GET', `${path}/latest`));
      const { status } = await ask('POST', path, { schema: '"int"' });
      expect(status).to.equal(200);
      for (let asked = 0; asked < 6; asked += 1) {
        expect((await ask('GET', `${path}/latest`)).body.version).to.equal(1);
      }
      await Promise.all(misses);
    }
  });

  it('show it to each other when many write at once', async () => {
    await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 12 });
    await Promise.all(
      Array.from({ length: 12 }, async (_, client) => {
        for (let version = 1; version <= 15; version += 1) {
          const schema = anAvroRecord('Busy', [`f${version}`]);
          await ask('POST', `/subjects/busy-${client}/versions`, { schema }, agent);
          const { body } = await ask('GET', `/subjects/busy-${client}/versions/latest`);
          expect(body.version).to.equal(version);
        }
      }),
    );
    agent.destroy();
  });

  it('are ready together: whoever was told so meets none that is not', async () => {
    await start();
    for (let n = 0; n < 30; n += 1) expect((await ask('GET', '/subjects')).status).to.equal(200);
    expect(events('ready').filter(({ worker }) => worker !== undefined)).to.have.length(3);
  });

  it('show one sum of what they count, which does not fall when one dies', async () => {
    await start();
    for (let n = 0; n < 30; n += 1) await ask('GET', '/contexts');
    const read = async () => {
      const text = await (await fetch(server.metricsUrl)).text();
      return (name: string) =>
        Number(
          text
            .split('\n')
            .find((line) => line.startsWith(name))
            ?.split(' ')
            .at(-1),
        );
    };
    const contexts = 'schema_registry_http_requests_total{route="/contexts"';
    const before = await read();
    expect(before(contexts)).to.equal(30);
    expect(before('schema_registry_change_feed_up')).to.equal(1);
    expect(before('schema_registry_build_info')).to.equal(1);
    expect(before('schema_registry_db_connections{state="max"}')).to.equal(48);

    process.kill(events('worker started')[0].pid, 'SIGKILL');
    await eventually(async () => expect((await read())('schema_registry_worker_restarts_total')).to.equal(1));
    expect((await read())(contexts)).to.equal(30);
    await eventually(async () =>
      expect((await read())('schema_registry_workers{state="alive"}')).to.equal(3),
    );
  });

  it('tell on the port of the metrics how they are, all in one', async () => {
    await start({ GRACEFUL_SHUTDOWN_TIMEOUT: '3' });
    const readiness = async () => {
      const response = await fetch(new URL('/ready', server.metricsUrl));
      return [response.status, (await response.json()) as Readiness] as const;
    };
    const [status, told] = await readiness();
    expect([status, told.status, told.checks.database?.kind]).to.deep.equal([200, 'up', 'postgres']);
    server.child.kill('SIGTERM');
    await eventually(async () => {
      const [code, { status: ending, cause }] = await readiness();
      expect([code, ending, cause]).to.deep.equal([503, 'down', 'the server is shutting down']);
    });
  });

  it('tell why none of them serves, when those that are to replace them may not', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'registry-workers-'));
    const file = join(folder, 'identity.json');
    try {
      await start({ WORKERS: '2', REGISTRY_IDENTITY_FILE: file });
      writeFileSync(file, JSON.stringify({ registryId: randomUUID(), lastId: 1, revision: 1 }));
      for (const { pid } of events('worker started')) process.kill(pid, 'SIGKILL');
      await eventually(async () => {
        const response = await fetch(new URL('/ready', server.metricsUrl));
        const { status, reason } = (await response.json()) as Readiness;
        expect([response.status, status, reason]).to.deep.equal([503, 'down', 'DataLost']);
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('are replaced when they die, and nobody meets one that is not ready', async () => {
    await start();
    const started = events('worker started');
    process.kill(started[1].pid, 'SIGKILL');
    const agent = new Agent({ keepAlive: false });
    await eventually(() => expect(events('worker died')).to.have.length(1));
    const until = performance.now() + 3_000;
    for (let n = 0; performance.now() < until; n += 1) {
      expect((await ask('GET', '/ready', undefined, agent)).status).to.equal(200);
      const { status, body } = await ask('POST', `/subjects/s${n}/versions`, { schema: '"int"' }, agent);
      expect([status, body.version]).to.deep.equal([200, 1]);
    }
    expect(events('worker started')).to.have.length(4);
    await eventually(async () => {
      await ask('POST', '/subjects/log/versions', { schema: '"int"' });
      expect(events('request').some(({ worker }) => worker === 4)).to.equal(true);
    });
  });

  /** A connection on which requests are sent before the former ones are answered. */
  async function openPipeline() {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    let received = Buffer.alloc(0);
    socket.on('data', (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
    });
    const answers = () => {
      const bodies: string[] = [];
      for (let at = 0; ; ) {
        const end = received.indexOf('\r\n\r\n', at);
        const length = Number(/content-length: (\d+)/i.exec(received.subarray(at, end).toString())?.[1]);
        if (end < 0 || received.length < end + 4 + length) return bodies;
        bodies.push(received.subarray(end + 4, end + 4 + length).toString());
        at = end + 4 + length;
      }
    };
    return {
      send: (path: string) => socket.write(`GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`),
      read: (count: number) => eventually(() => expect(answers()).to.have.length(count)).then(answers),
      close: () => socket.destroy(),
    };
  }

  it('show nothing of before a write that was answered while they were stopped', async () => {
    await start({ WORKERS: '2', LOG_LEVEL: 'debug' });
    const [, stopped] = events('worker started') as [unknown, { pid: number; started: number }];
    // One connection leads to the worker that will be stopped, the other to the one that goes on.
    let line: Awaited<ReturnType<typeof openPipeline>> | undefined;
    let agent: Agent | undefined;
    const workerOf = (path: string) =>
      eventually(() => {
        const [found] = events('request').filter((request) => request.path === path);
        expect(found).to.include.keys('worker');
        return found.worker;
      });
    for (let n = 0; line === undefined; n += 1) {
      const probe = await openPipeline();
      probe.send(`/subjects/probe-${n}/versions`);
      if ((await workerOf(`/subjects/probe-${n}/versions`)) === stopped.started) line = probe;
      else probe.close();
    }
    for (let n = 0; agent === undefined; n += 1) {
      const probe = new Agent({ keepAlive: true, maxSockets: 1 });
      await ask('GET', `/subjects/other-${n}/versions`, undefined, probe);
      if ((await workerOf(`/subjects/other-${n}/versions`)) !== stopped.started) agent = probe;
      else probe.destroy();
    }
    const path = '/subjects/seen/versions/latest';
    await ask('POST', '/subjects/seen/versions', { schema: anAvroRecord('Seen') }, agent);
    let answered = 1;
    for (let version = 2; version <= 4; version += 1) {
      line.send(path);
      answered += 1;
      expect(JSON.parse((await line.read(answered)).at(-1) ?? '').version).to.equal(version - 1);
      process.kill(stopped.pid, 'SIGSTOP');
      try {
        // What it wakes to first came before the news of the write, and with it comes what was sent after its answer.
        line.send(path);
        const schema = anAvroRecord('Seen', [`f${version}`]);
        expect((await ask('POST', '/subjects/seen/versions', { schema }, agent)).status).to.equal(200);
        line.send(path);
      } finally {
        process.kill(stopped.pid, 'SIGCONT');
      }
      answered += 2;
      expect(JSON.parse((await line.read(answered)).at(-1) ?? '').version).to.equal(version);
    }
    line.close();
    agent.destroy();
  });

  it('lose no request when they end, and end with 0', async () => {
    await start({ GRACEFUL_SHUTDOWN_TIMEOUT: '9' });
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const exited = once(server.child, 'exit');
    let isListed = true;
    const answered = Array.from({ length: 8 }, () => 0);
    const clients = answered.map(async (_, client) => {
      for (; isListed; answered[client] = (answered[client] ?? 0) + 1) {
        expect((await ask('GET', '/subjects', undefined, agent)).status).to.equal(200);
      }
    });
    server.child.kill('SIGTERM');
    await eventually(async () => expect((await ask('GET', '/ready')).status).to.equal(503));
    await delay(300);
    await eventually(() => expect(Math.min(...answered)).to.be.greaterThan(5));
    isListed = false;
    await Promise.all(clients);
    expect(await exited).to.deep.equal([0, null]);
    expect(events('stopped')).to.have.length(4);
    agent.destroy();
  });

  it('answer gRPC on one port, with one truth, and lose no call when they end', async () => {
    await start({ GRACEFUL_SHUTDOWN_TIMEOUT: '3' });
    const clients = Array.from({ length: 6 }, () => openGrpcClient(server.grpcAddress));
    for (let version = 1; version <= 10; version += 1) {
      const schema = { schema: anAvroRecord('Seen', [`f${version}`]) };
      const [first] = clients;
      await first?.call('SchemaService/RegisterSchema', { subject: 'seen', schema });
      for (const client of clients) {
        const { message } = await client.call('SubjectService/GetVersion', { subject: 'seen' });
        expect(message.version).to.equal(version);
      }
    }
    const method = 'llm_schema_registry.v1.SubjectService/GetVersion';
    const answered = events('request').filter((line) => line.method?.endsWith('RegisterSchema'));
    expect(answered).to.have.length(10);
    const metrics = await (await fetch(server.metricsUrl)).text();
    expect(metrics).to.include(`schema_registry_grpc_requests_total{method="${method}",code="OK"} 60`);

    const exited = once(server.child, 'exit');
    let isListed = true;
    const load = clients.map(async (client) => {
      const codes = new Set<string>();
      while (isListed) codes.add((await client.call('SubjectService/GetVersion', { subject: 'seen' })).code);
      return [...codes];
    });
    server.child.kill('SIGTERM');
    await eventually(async () => expect((await ask('GET', '/ready')).status).to.equal(503));
    await delay(300);
    isListed = false;
    for (const codes of await Promise.all(load)) expect(codes).to.deep.equal(['OK']);
    expect(await exited).to.deep.equal([0, null]);
    for (const client of clients) client.close();
  });

  it('say once that the port is taken', async () => {
    await start();
    const { port } = new URL(server.url);
    const second = await startRegistryProcess({
      DATABASE_URL: await postgres.createDatabase('taken'),
      WORKERS: '2',
      SERVER_PORT: port,
    }).catch((error: Error) => error.message);
    expect(second).to.match(/^the server ended: cannot listen on 127\.0\.0\.1:\d+: [^\n]+\n$/);
  });
});
