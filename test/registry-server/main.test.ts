import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { eventually } from '../build/eventually.ts';
import { end, freePort } from '../build/process.ts';

const main = new URL('../../registry-server/main.ts', import.meta.url).pathname;
const run = promisify(execFile);

describe('the process', () => {
  let folder: string;
  let port: number;
  let child: ChildProcess | undefined;
  let environment: NodeJS.ProcessEnv;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'registry-process-'));
    port = await freePort();
    environment = {
      PATH: process.env.PATH,
      SERVER_HOST: '127.0.0.1',
      SERVER_PORT: String(port),
      ENABLE_GRPC: 'false',
      ENABLE_METRICS: 'false',
      DATA_FOLDER: join(folder, 'data'),
      GRACEFUL_SHUTDOWN_TIMEOUT: '3',
    };
  });
  afterEach(async () => {
    await end(child, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  const url = (path: string) => `http://127.0.0.1:${port}${path}`;
  async function start(): Promise<void> {
    child = spawn(process.execPath, [main], { env: environment, stdio: 'ignore' });
    await eventually(async () => expect((await fetch(url('/ready'))).status).to.equal(200), 20_000);
  }

  it('keeps its data in a folder, over an end without warning', async () => {
    await start();
    const body = JSON.stringify({ schema: '"int"' });
    const headers = { 'Content-Type': 'application/json' };
    const reply = await fetch(url('/subjects/kept/versions'), { method: 'POST', headers, body });
    expect(reply.status).to.equal(200);
    await end(child, 'SIGKILL');
    await start();
    expect(await (await fetch(url('/subjects'))).json()).to.deep.equal(['kept']);
  });

  it('on SIGTERM is not ready, still answers for a while, then ends with 0', async () => {
    await start();
    // A client that keeps its connection must not hold the process.
    const agent = new Agent({ keepAlive: true });
    await once(
      get(url('/subjects'), { agent }).on('response', (response) => response.resume()),
      'close',
    );
    const exited = once(child as ChildProcess, 'exit');
    child?.kill('SIGTERM');
    await eventually(async () => expect((await fetch(url('/ready'))).status).to.equal(503));
    expect((await fetch(url('/subjects'))).status).to.equal(200);
    const [code] = await exited;
    expect(code).to.equal(0);
    agent.destroy();
  });

  it('loses no request of clients that keep their connections while it ends', async () => {
    await start();
    const agent = new Agent({ keepAlive: true });
    const ask = () =>
      new Promise<number>((resolve, reject) => {
        const sent = get(url('/subjects'), { agent }, (response) => {
          response.resume().once('end', () => resolve(response.statusCode ?? 0));
        });
        sent.once('error', reject);
      });
    // As endpoints do: they send no more some time after it said that it is not ready.
    let isListed = true;
    const clients = Array.from({ length: 8 }, async () => {
      let answered = 0;
      for (; isListed; answered += 1) expect(await ask()).to.equal(200);
      return answered;
    });
    child?.kill('SIGTERM');
    await eventually(async () => expect((await fetch(url('/ready'))).status).to.equal(503));
    await delay(500);
    isListed = false;
    // A busy machine answers few in half a second.
    for (const answered of await Promise.all(clients)) expect(answered).to.be.greaterThan(1);
    agent.destroy();
  });

  it('leaves a folder alone that another server uses', async () => {
    await start();
    const second = await run(process.execPath, [main, 'migrate'], { env: environment }).catch(
      (error) => error,
    );
    expect([second.code, second.stderr]).to.deep.equal([
      1,
      `the embedded database does not start in ${folder}/data: process ${child?.pid} uses it\n`,
    ]);
  });

  it('answers for its health with its exit code', async () => {
    const sick = await run(process.execPath, [main, 'health'], { env: environment }).catch((error) => error);
    expect(sick.code).to.equal(1);
    expect(sick.stderr).to.include('/health does not answer');
    await start();
    await run(process.execPath, [main, 'health'], { env: environment });
  });

  it('migrates and ends', async () => {
    const { stdout } = await run(process.execPath, [main, 'migrate'], { env: environment });
    expect(stdout).to.match(/"migration":[1-9]/);
  });

  it('helps, with every variable', async () => {
    const { stdout } = await run(process.execPath, [main, '--help'], { env: environment });
    expect(stdout).to.include('DATABASE_URL').and.include('migrate');
  });

  it('refuses commands and settings that it does not know, in words', async () => {
    const unknown = await run(process.execPath, [main, 'dance'], { env: environment }).catch(
      (error) => error,
    );
    expect([unknown.code, unknown.stderr.split('\n')[0]]).to.deep.equal([
      2,
      '"dance" is not a command of the registry server',
    ]);
    const wrong = await run(process.execPath, [main], { env: { ...environment, LOG_FORMAT: 'xml' } }).catch(
      (error) => error,
    );
    expect([wrong.code, wrong.stderr]).to.deep.equal([1, 'LOG_FORMAT: "xml" is none of json, text\n']);
    const taken = createServer().listen(port, '127.0.0.1');
    const busy = await run(process.execPath, [main], { env: environment }).catch((error) => error);
    taken.close();
    expect([busy.code, busy.stderr]).to.deep.equal([
      1,
      `cannot listen on 127.0.0.1:${port}: listen EADDRINUSE: address already in use 127.0.0.1:${port}\n`,
    ]);
  });
});
