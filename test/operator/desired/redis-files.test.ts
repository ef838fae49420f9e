import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { redisCredentials } from '../../../operator/desired/credentials.ts';
import { redisConfig } from '../../../operator/desired/redis.ts';
import { eventually } from '../../build/eventually.ts';
import { end, freePort } from '../../build/process.ts';
import { missingRedis, redisProgram } from '../../build/redis.ts';
import { anObserved, aRegistry } from '../../build/registry.ts';
import { missingValkey, valkeyFolder } from '../../build/valkey.ts';

const run = promisify(execFile);
const reason = missingRedis ?? missingValkey;

(reason === undefined ? describe : describe.skip)(
  `the managed Redis, by what the operator writes for it${reason === undefined ? '' : ` (${reason})`}`,
  () => {
    let folder: string;
    let server: ChildProcess | undefined;
    const password = 'r'.repeat(43);

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'redis-files-'));
      const port = String(await freePort());
      // The paths of a pod, as they are here.
      const here = (text: string) =>
        text
          .replaceAll('/etc/llm-schema-registry/redis', join(folder, 'config'))
          .replaceAll('/run/credentials/redis', join(folder, 'credentials'))
          .replaceAll('dir /data', `dir ${join(folder, 'data')}`)
          .replaceAll('port 6379', `port ${port}`)
          .replaceAll('-e ping', `-p ${port} -e ping`);
      const registry = aRegistry();
      const config = redisConfig(registry, anObserved())?.data as Record<string, string>;
      const secret = redisCredentials(registry, anObserved()) as { data?: Record<string, string> };
      for (const name of ['config', 'credentials', 'data', 'redis', 'valkey']) mkdirSync(join(folder, name));
      for (const [name, text] of Object.entries(config))
        writeFileSync(join(folder, 'config', name), here(text));
      for (const [name, text] of Object.entries(secret.data ?? {}))
        writeFileSync(join(folder, 'credentials', name), Buffer.from(text, 'base64'));
      // Each of them alone on a path, as in its image.
      for (const part of ['server', 'cli']) {
        const own = dirname(redisProgram?.path ?? '');
        symlinkSync(join(own, `redis-${part}`), join(folder, 'redis', `redis-${part}`));
        symlinkSync(join(valkeyFolder ?? '', `valkey-${part}`), join(folder, 'valkey', `valkey-${part}`));
      }
    });
    afterEach(() => end(server, 'SIGTERM'));
    after(() => rmSync(folder, { recursive: true, force: true }));

    const environmentOf = (program: 'redis' | 'valkey') => ({
      PATH: `${join(folder, program)}:/usr/bin:/bin`,
      LD_LIBRARY_PATH: redisProgram?.libraries,
      REDISCLI_AUTH: password,
    });
    async function start(program: 'redis' | 'valkey') {
      const env = environmentOf(program);
      server = spawn('sh', [join(folder, 'config', 'run.sh')], { env, stdio: 'ignore' });
      await eventually(async () => {
        const { stdout } = await run('sh', [join(folder, 'config', 'ping.sh')], { env });
        expect(stdout).to.equal('PONG\n');
      });
      const port = /^port (\d+)$/m.exec(
        (await run('cat', [join(folder, 'config', 'redis.conf')])).stdout,
      )?.[1];
      return async (...order: readonly string[]): Promise<string> =>
        (await run(`${program}-cli`, ['-p', port ?? '', '-e', ...order], { env })).stdout.trim();
    }

    it('keeps in Valkey what Redis had', async () => {
      const redis = await start('redis');
      for (const key of ['a', 'b']) expect(await redis('set', key, `of ${key}`, 'ex', '3600')).to.equal('OK');
      // One is in the base of the log, the other behind it.
      await redis('bgrewriteaof');
      await eventually(async () =>
        expect(await redis('info', 'persistence')).to.match(/aof_rewrite_in_progress:0/),
      );
      expect(await redis('set', 'c', 'of c')).to.equal('OK');
      await end(server, 'SIGTERM');
      const valkey = await start('valkey');
      expect(await valkey('mget', 'a', 'b', 'c')).to.equal('of a\nof b\nof c');
      expect(await valkey('info', 'server')).to.match(/valkey_version:8/);
    });

    it('lets nobody in without the password', async () => {
      const valkey = await start('valkey');
      expect(await valkey('ping')).to.equal('PONG');
      const env = { ...environmentOf('valkey'), REDISCLI_AUTH: '' };
      const port = /^port (\d+)$/m.exec(
        (await run('cat', [join(folder, 'config', 'redis.conf')])).stdout,
      )?.[1];
      const refused = await run('valkey-cli', ['-p', port ?? '', '-e', 'get', 'a'], { env }).catch(
        (error) => error,
      );
      expect(`${refused.stdout}${refused.stderr}`).to.include('NOAUTH');
    });
  },
);
