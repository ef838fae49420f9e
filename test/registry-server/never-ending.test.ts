import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  constants,
} from 'node:http2';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../build/eventually.ts';
import { openGrpcClient } from '../build/grpc.ts';
import { heldMegabytes } from '../build/held-megabytes.ts';
import { type RegistryProcess, startRegistryProcess } from '../build/registry-process.ts';

const MEGABYTE = 2 ** 20;
/** What all requests under way may hold is 32 MB; the rest is what is read and not collected yet. */
const MORE_MEGABYTES = 120;

/** Asks until it is over, and counts what was answered. */
function askMeanwhile(ask: () => Promise<unknown>) {
  let isOver = false;
  let answered = 0;
  const asking = (async () => {
    for (; !isOver; answered++) await ask();
  })();
  return async () => {
    isOver = true;
    await asking;
    return answered;
  };
}

interface Begun {
  readonly stream: ClientHttp2Stream;
  /** grpc-status, once it came. */
  readonly status: () => string | undefined;
}

const path = (method: string) => `/llm_schema_registry.v1.${method}`;

/** A call whose message says that it is of two megabytes, and never is. */
function begin(session: ClientHttp2Session, method: string, sentBytes: number): Begun {
  const stream = session.request({
    ':method': 'POST',
    ':path': path(method),
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  let status: string | undefined;
  const read = (headers: Readonly<Record<string, unknown>>) => {
    status ??= headers['grpc-status'] as string | undefined;
  };
  stream
    .on('response', read)
    .on('trailers', read)
    .on('error', () => {});
  stream.resume();
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(2 * MEGABYTE, 1);
  stream.write(prefix);
  for (let sent = 0; sent < sentBytes; sent += 2 ** 16) stream.write(Buffer.alloc(2 ** 16, 'x'));
  return { stream, status: () => status };
}

describe('requests that never end', () => {
  describe('by gRPC, of nobody who is known', () => {
    let folder: string;
    let server: RegistryProcess;
    let session: ClientHttp2Session;

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'registry-never-ending-'));
      const file = join(folder, 'keys.yaml');
      writeFileSync(file, JSON.stringify([{ name: 'a', role: 'admin', key: 'the-key-0123456789abcdefgh' }]));
      server = await startRegistryProcess({ AUTH_KEYS_FILE: file, LOG_LEVEL: 'info' }, [
        '--max-old-space-size=300',
      ]);
      session = connectHttp2(`http://${server.grpcAddress}`, { maxSessionMemory: 1_000 });
    });
    after(async () => {
      session.destroy();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    it('are refused by their metadata, and nothing of them is kept', async () => {
      const before = await heldMegabytes(server);
      const calls = Array.from({ length: 100 }, () =>
        begin(session, 'SchemaService/RegisterSchema', MEGABYTE),
      );
      await eventually(
        () => expect(calls.map(({ status }) => status())).to.deep.equal(calls.map(() => '16')),
        20_000,
      );
      expect(await heldMegabytes(server)).to.be.below(before + MORE_MEGABYTES);
      // Their client is told to stop, and its places are free again.
      await eventually(() => expect(calls.every(({ stream }) => stream.destroyed)).to.equal(true), 20_000);
      const { code } = await openOnce('the-key-0123456789abcdefgh');
      expect(code).to.equal('OK');
      expect(server.output()).to.include('"refused":"no-credentials"');
    });

    async function openOnce(key: string) {
      const client = openGrpcClient(server.grpcAddress);
      try {
        return await client.call('SubjectService/ListSubjects', {}, { headers: { 'x-api-key': key } });
      } finally {
        client.close();
      }
    }

    it('are on record where a key is wrong, or may not do it', async () => {
      expect((await openOnce('another-key-0123456789abcdef')).code).to.equal('UNAUTHENTICATED');
      await eventually(() =>
        expect(server.output()).to.match(/"refused":"unknown-key".*SubjectService\/ListSubjects/),
      );
    });
  });

  describe('of everybody', () => {
    let server: RegistryProcess;
    before(async () => {
      server = await startRegistryProcess({ REQUEST_TIMEOUT: '2' }, ['--max-old-space-size=300']);
    });
    after(() => server.stop());

    it('by gRPC are given up in time, hold no more than fits, and keep nobody else from an answer', async () => {
      const before = await heldMegabytes(server);
      const client = openGrpcClient(server.grpcAddress);
      const asked = askMeanwhile(async () =>
        expect((await client.call('SubjectService/ListSubjects')).code).to.equal('OK'),
      );
      const sessions = Array.from({ length: 5 }, () =>
        connectHttp2(`http://${server.grpcAddress}`, { maxSessionMemory: 1_000 }),
      );
      for (const session of sessions) session.on('error', () => {});
      // Half a gigabyte and more, if all of it were kept.
      const calls = sessions.flatMap((session) =>
        ['SchemaService/RegisterSchema', 'SchemaService/ListSchemas'].flatMap((method) =>
          Array.from({ length: 50 }, () => begin(session, method, 1.5 * MEGABYTE)),
        ),
      );
      let most = 0;
      await eventually(async () => {
        most = Math.max(most, await heldMegabytes(server));
        expect(calls.filter(({ stream }) => !stream.destroyed).length).to.equal(0);
      }, 30_000);
      expect(most).to.be.below(before + MORE_MEGABYTES);
      const { NGHTTP2_ENHANCE_YOUR_CALM: calm } = constants;
      // Some gave way to the others, which were waited for until their time was over.
      for (const { stream, status } of calls) {
        expect([stream.rstCode === calm ? 'gave way' : status()]).to.have.members(
          stream.rstCode === calm ? ['gave way'] : ['4'],
        );
      }
      expect(calls.some(({ stream }) => stream.rstCode === calm)).to.equal(true);
      expect(await asked()).to.be.above(10);
      expect(server.child.exitCode).to.equal(null);
      client.close();
      for (const session of sessions) session.destroy();
    });

    it('by HTTP are given up in time, hold no more than fits, and keep nobody else from an answer', async () => {
      const before = await heldMegabytes(server);
      const asked = askMeanwhile(async () =>
        expect((await fetch(`${server.url}/subjects`)).status).to.equal(200),
      );
      const { hostname, port } = new URL(server.url);
      const answers: string[] = [];
      const chunk = 'x'.repeat(2 ** 16);
      for (const head of ['Content-Length: 2000000', 'Transfer-Encoding: chunked']) {
        const isChunked = head.startsWith('T');
        await Promise.all(
          Array.from(
            { length: 100 },
            () =>
              new Promise<void>((resolve) => {
                const socket = connect(Number(port), hostname);
                let text = '';
                socket
                  .on('error', () => {})
                  .once('close', () => {
                    answers.push(text);
                    resolve();
                  });
                socket.setEncoding('utf8').on('data', (part) => {
                  text += part;
                  socket.end();
                });
                socket.write(
                  `POST /subjects/slow/versions HTTP/1.1\r\nHost: slow\r\nContent-Type: application/json\r\n${head}\r\n\r\n`,
                );
                for (let sent = 0; sent < 1.8 * 10 ** 6; sent += chunk.length) {
                  socket.write(isChunked ? `${chunk.length.toString(16)}\r\n${chunk}\r\n` : chunk);
                }
              }),
          ),
        );
        expect(await heldMegabytes(server)).to.be.below(before + MORE_MEGABYTES);
      }
      const codes = new Set(answers.map((text) => text.slice(9, 12)));
      codes.delete('');
      expect([...codes])
        .to.include.members(['503'])
        .and.to.satisfy((all: string[]) => all.every((code) => ['408', '503'].includes(code)));
      expect(await asked()).to.be.above(10);
      expect(server.child.exitCode).to.equal(null);
    });
  });

  describe('connections without number', () => {
    let server: RegistryProcess;
    before(async () => {
      server = await startRegistryProcess({ MAX_CONNECTIONS: '40' });
    });
    after(() => server.stop());

    for (const [protocol, most] of [
      ['HTTP', 40],
      ['gRPC', 10],
    ] as const) {
      it(`to ${protocol} are closed beyond the most, and counted down when they go`, async () => {
        const [host = '', port] =
          protocol === 'HTTP'
            ? [new URL(server.url).hostname, new URL(server.url).port]
            : server.grpcAddress.split(':');
        const open = () =>
          new Promise<Socket>((resolve) => {
            const socket = connect(Number(port), host, () => resolve(socket));
            socket.on('error', () => {}).resume();
          });
        const isOpen = (socket: Socket) => !socket.destroyed && !socket.readableEnded;
        for (let round = 0; round < 3; round++) {
          const sockets = await Promise.all(Array.from({ length: most + 30 }, open));
          await eventually(() => expect(sockets.filter(isOpen).length).to.be.within(1, most));
          for (const socket of sockets) socket.destroy();
          await eventually(async () => {
            if (protocol === 'HTTP')
              expect(
                (await fetch(`${server.url}/subjects`, { headers: { Connection: 'close' } })).status,
              ).to.equal(200);
          });
        }
      });
    }
  });
});
