import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { fill, nameOf } from '../bench/fill-database.ts';
import { until } from '../build/api-server.ts';
import { type RegistryInCluster, registryIn, small } from '../build/registry-in-cluster.ts';
import { type RunningCluster, runningCluster } from '../build/running-cluster.ts';
import { missingS3 } from '../build/s3.ts';
import { archiveKeys, type S3InCluster, startS3InCluster } from '../build/s3-in-cluster.ts';
import { type SteadyLoad, steadyLoad } from '../build/steady-load.ts';

const SCHEMAS = Number(process.env.DISASTER_SCHEMAS ?? 1_000);
const VERSIONS = 4;
const SUBJECTS = Math.ceil(SCHEMAS / VERSIONS);
/** A restore of 100,000 schemas takes minutes on a machine of two cores. */
const READY_MS = 10 * 60_000 + SCHEMAS * 20;
const name = 'disaster';

/** Run in a pod of the server: a request, and its answer. */
const ask = `
const [port, method, path, body] = process.argv.slice(1);
fetch('http://127.0.0.1:' + port + path, { method, body, headers: { 'content-type': 'application/json' } })
  .then(async (answer) => console.log(JSON.stringify([answer.status, await answer.json()])));
`;

/** Run in a pod of the server: writes schemas straight into the tables, as registrations would have. */
const fillInPod = `
const { Client } = require('pg');
const [subjects, versions] = process.argv.slice(1).map(Number);
let text = '';
process.stdin.on('data', (chunk) => { text += chunk; }).on('end', async () => {
  const client = new Client({ connectionString: process.env.DATABASE_URL });
  await client.connect();
  await client.query("insert into contexts values ('.', $1)", [subjects * versions]);
  for (let from = 1; from <= subjects; from += 25000)
    await client.query(text, [from, Math.min(subjects, from + 24999), versions]);
  await client.end();
});
`;

/** What is looked at of an answer. */
interface Answered {
  readonly id: number;
  readonly checks: { readonly archive: { readonly isComplete: boolean; readonly pending: number } };
}

interface Damage {
  readonly title: string;
  /** Of an object that is there; the other way round, it is put back. */
  readonly key: () => string;
  readonly damage: (file: string) => void;
}

(missingS3 ? describe.skip : describe)(
  `a registry of ${SCHEMAS} schemas with an archive${missingS3 ? ` (${missingS3})` : ''}`,
  function () {
    this.timeout(READY_MS + 10 * 60_000);
    let cluster: RunningCluster;
    let registry: RegistryInCluster;
    let s3: S3InCluster;
    let load: SteadyLoad | undefined;
    const told: string[] = [];

    before(async function () {
      this.timeout(40 * 60_000 + READY_MS); // The first build of the binaries and images.
      cluster = await runningCluster();
      s3 = startS3InCluster(cluster);
      registry = await registryIn(
        cluster,
        name,
        { ...small, artifacts: { s3: { ...s3.spec, restore: 'WhenEmpty' } } },
        [archiveKeys],
      );
      await registry.ready();
      await inServer(fill, '-e', fillInPod, String(SUBJECTS), String(VERSIONS));
      const seconds = await timed(async () => {
        await inServer('', 'registry-server/main.ts', 'archive', '--all');
        // The server looks now and then only whether it is asked to.
        const last = s3.fileOf(`subjects/!2E/${nameOf(SUBJECTS)}.json`);
        await until('the last subject is shipped', async () => existsSync(last) || undefined, READY_MS);
        await isShipped();
      });
      told.push(`${SCHEMAS} schemas were shipped in ${seconds} s`);
    });
    after(async () => {
      await load?.stop();
      await registry?.remove();
      await s3?.remove();
      console.log(`\n${told.join('\n')}`);
    });

    const inServer = (input: string, ...args: string[]) =>
      cluster.kubectl(
        ['exec', '-i', '-n', name, `deploy/${name}`, '-c', 'server', '--', 'node', ...args],
        input,
      );
    const request = async (port: number, ...order: string[]): Promise<[status: number, body: Answered]> =>
      JSON.parse(await inServer('', '-e', ask, String(port), ...order));

    async function timed(work: () => Promise<unknown>): Promise<number> {
      const started = performance.now();
      await work();
      return Math.round((performance.now() - started) / 100) / 10;
    }

    const inSeconds = (ms: number) => `${Math.round(ms / 100) / 10} s`;

    const isShipped = () =>
      until(
        'the archive has all of it',
        async () => {
          const [, { checks }] = await request(9091, 'GET', '/ready');
          return (checks.archive.isComplete && checks.archive.pending === 0) || undefined;
        },
        READY_MS,
      );
    const isReady = async () => {
      await registry.says('Ready', 'True', 'Ready', { timeoutMs: READY_MS });
      await registry.ready();
    };

    async function loseVolume(): Promise<void> {
      await registry.kubectl('delete', 'pvc', `data-${name}-postgres-0`, '--wait=false');
      await registry.kubectl('delete', 'pod', `${name}-postgres-0`, '--grace-period=1');
    }

    /** Every id is what it was, and new ones are above all that may have been given. */
    async function isWhole(): Promise<void> {
      for (const n of [1, Math.ceil(SUBJECTS / 2), SUBJECTS]) {
        const [status, body] = await request(8080, 'GET', `/subjects/${nameOf(n)}/versions/${VERSIONS}`);
        expect([status, body.id]).to.deep.equal([200, n * VERSIONS]);
      }
      const schema = JSON.stringify({ schema: `{"type":"fixed","name":"F","size":${Date.now() % 1e9}}` });
      const subject = `after-${randomUUID()}`;
      const [, { id }] = await request(8080, 'POST', `/subjects/${subject}/versions`, schema);
      expect(id).to.be.above(SUBJECTS * VERSIONS + 1_000);
      await isShipped();
    }

    it('is back by itself when the volume of its PostgreSQL is lost under load', async () => {
      const running = await steadyLoad(cluster, { namespace: name, registry: name, prefix: 'load' });
      load = running;
      let seconds = 0;
      const seen = await running.during(async () => {
        seconds = await timed(async () => {
          await loseVolume();
          await registry.says('DatabaseReady', 'False', 'Restoring', { timeoutMs: 180_000 });
          await isReady();
        });
        await running.registers();
      });
      const lost = await running.lost();
      await running.stop();
      load = undefined;
      told.push(
        `volume lost: Ready after ${seconds} s; longest without an answer: reads ${inSeconds(seen.longestGapMs.reads)}, registrations ${inSeconds(seen.longestGapMs.registrations)}; acknowledged and not there: ${lost.length}`,
      );
      await isWhole();
    });

    it('waits for a bucket that is away, and is back when that is', async () => {
      await s3.stop();
      await loseVolume();
      await registry.says('Ready', 'False', 'DatabaseNotReady', { timeoutMs: 180_000 });
      await registry.says('DatabaseReady', 'False', 'DataLost', { timeoutMs: 180_000 });
      const seconds = await timed(async () => {
        s3.start();
        await isReady();
      });
      told.push(`bucket away: Ready ${seconds} s after it was back`);
      await isWhole();
    });

    it('is back though the server is killed in the middle of the restore', async () => {
      const seconds = await timed(async () => {
        await loseVolume();
        await registry.says('DatabaseReady', 'False', 'Restoring', { timeoutMs: 180_000 });
        const [pod] = await registry.pods('server');
        await registry.kubectl('delete', 'pod', pod?.metadata.name ?? '', '--grace-period=0', '--force');
        await isReady();
      });
      told.push(`volume lost, and the server that restored: Ready after ${seconds} s`);
      await isWhole();
    });

    it('is back when its namespace is deleted and the object is applied again', async () => {
      const { spec } = await registry.get();
      await cluster.kubectl(['delete', 'namespace', name, '--timeout=180s']);
      const seconds = await timed(async () => {
        await registry.apply(spec);
        await isReady();
      });
      told.push(`namespace deleted: Ready ${seconds} s after the object was applied again`);
      await isWhole();
    });

    const subject = () => `subjects/!2E/${nameOf(1)}.json`;
    const content = () => {
      const text = readFileSync(s3.fileOf(subject()), 'utf8');
      const digest = /"version":1,.*?"digest":"([0-9a-f]{64})"|"digest":"([0-9a-f]{64})"/.exec(
        text.slice('{"digest":"'.length + 64),
      );
      const found = digest?.[1] ?? digest?.[2] ?? '';
      return `contents/${found.slice(0, 2)}/${found}.json`;
    };
    const damages: readonly Damage[] = [
      { title: 'a schema is missing', key: content, damage: (file) => rmSync(file) },
      {
        title: 'a schema was changed',
        key: content,
        damage: (file) => writeFileSync(file, readFileSync(file, 'utf8').replace('bench', 'wench')),
      },
      { title: 'a subject was cut off', key: subject, damage: (file) => truncateSync(file, 100) },
      { title: 'a context is missing', key: () => 'contexts/!2E.json', damage: (file) => rmSync(file) },
      {
        title: 'the first object is damaged',
        key: () => 'registry.json',
        damage: (file) => writeFileSync(file, '{}'),
      },
    ];
    for (const { title, key, damage } of damages)
      it(`is not served from its archive where ${title}, and is back when that is whole`, async () => {
        const object = key();
        const file = s3.fileOf(object);
        const whole = readFileSync(file);
        damage(file);
        await loseVolume();
        const saying = new RegExp(object.replaceAll('.', '\\.'));
        await registry.says('DatabaseReady', 'False', 'DataLost', { timeoutMs: READY_MS, saying });
        writeFileSync(`${file}.new`, whole);
        renameSync(`${file}.new`, file);
        await isReady();
        await isWhole();
      });
  },
);
