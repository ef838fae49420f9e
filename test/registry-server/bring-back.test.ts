import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { aDatabase, dump, isShipped, type TestDatabase } from '../build/archived.ts';
import { eventually } from '../build/eventually.ts';
import { missingPostgres, startPostgres, type TestPostgres } from '../build/postgres.ts';
import { quickStart } from '../build/quick-start.ts';
import { missingS3, startS3, type TestS3 } from '../build/s3.ts';
import { anAvroRecord } from '../build/schema.ts';
import { startServer, type TestServer } from '../build/server.ts';

const main = fileURLToPath(new URL('../../registry-server/main.ts', import.meta.url));
const reason = missingS3 ?? missingPostgres;
const subjects = Array.from({ length: 100 }, (_, n) => (n % 10 === 0 ? `:.dev:s${n}` : `s${n}`));

(reason ? describe.skip : describe)(
  `what was removed for good from a registry that runs${reason ? ` (${reason})` : ''}`,
  function () {
    this.timeout(120_000);
    let postgres: TestPostgres;
    let s3: TestS3;
    let source: TestDatabase;
    let bucket: Record<string, string>;
    let first: TestServer;
    let second: TestServer;

    before(async () => {
      [postgres, s3] = await Promise.all([startPostgres(), startS3()]);
      // One is due at once where there is none.
      bucket = { ...s3.createBucket('undone'), S3_SNAPSHOT_SCHEDULE: '0 0 1 1 *' };
      source = await aDatabase('postgres', postgres);
      [first, second] = await Promise.all([
        startServer({ ...source.environment, ...bucket }),
        startServer({ ...source.environment, ...bucket }),
      ]);
      await Promise.all([first.ready, second.ready]);
    });
    after(async () => {
      await Promise.all([first?.stop(), second?.stop()]);
      await Promise.all([postgres?.stop(), s3?.remove()]);
    });

    async function archive(...args: string[]) {
      const env = {
        PATH: process.env.PATH,
        ...quickStart,
        LOG_LEVEL: 'error',
        ...source.environment,
        ...bucket,
      };
      const run = promisify(execFile)(process.execPath, [main, 'archive', ...args], { env });
      const { stdout, stderr, code = 0 } = await run.catch((error) => error);
      return { code, out: stdout, err: stderr };
    }
    async function send(method: string, path: string, body?: object) {
      const { status, text, body: answer } = await first.ask(method, path, body);
      expect(status, `${method} ${path} ${text}`).to.equal(200);
      return answer;
    }
    const at = (subject: string) => `/subjects/${encodeURIComponent(subject)}`;
    const register = async (subject: string, ...fields: string[]): Promise<number> =>
      (await send('POST', `${at(subject)}/versions`, { schema: anAvroRecord('R', fields) })).id;
    async function removeForGood(subject: string) {
      await send('DELETE', at(subject));
      await send('DELETE', `${at(subject)}?permanent=true`);
    }
    async function dumped() {
      const opened = source.open();
      try {
        return await dump(opened);
      } finally {
        await opened.close();
      }
    }
    it('has a snapshot of when it began, which every server tells of', async () => {
      for (const server of [first, second]) {
        await eventually(async () => {
          const { archive } = (await server.getReadiness()).body.checks;
          expect(archive.snapshots[0]?.name).to.match(/^\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}Z$/);
        }, 20_000);
        expect(await (await fetch(`${server.metricsUrl}/metrics`)).text()).to.match(
          /^schema_registry_s3_snapshot_timestamp_seconds \d+/m,
        );
      }
    });

    let before100: Awaited<ReturnType<typeof dumped>>;

    it('comes back from a snapshot: a hundred subjects with their ids, deletes and settings, for every server', async () => {
      await register('s1', 'a1');
      await Promise.all(subjects.map((subject, n) => register(subject, `a${n}`)));
      await Promise.all(subjects.map((subject, n) => register(subject, `a${n}`, 'b')));
      await send('POST', `${at('holder')}/versions`, {
        schema: '{"type":"record","name":"H","fields":[{"name":"r","type":"R"}]}',
        references: [{ name: 'R', subject: 's1', version: 1 }],
      });
      await send('DELETE', `${at('s2')}/versions/1`);
      await send('PUT', '/config/s3', { compatibility: 'FULL' });
      await send('PUT', '/mode/s4', { mode: 'READONLY' });
      await send('PUT', '/mode/s4', { mode: 'READWRITE' });
      await isShipped(first);
      expect((await archive('snapshots', 'take', 'before')).err).to.equal('');
      before100 = await dumped();
      const ids = new Map<string, number>();
      for (const subject of subjects)
        ids.set(subject, (await second.get(`${at(subject)}/versions/2`)).body.id);
      await removeForGood('holder');
      await Promise.all(subjects.map(removeForGood));
      await register('later', 'z');
      await isShipped(first);
      await eventually(async () => {
        expect((await second.get('/subjects?deleted=true')).body).to.deep.equal(['later']);
      });

      const looked = await archive('restore', '--at', 'before', '--dry-run');
      expect(looked).to.deep.include({ code: 0, err: '' });
      expect(looked.out).to.match(/^holder: 1$/m);
      expect(looked.out).to.match(/\n201 versions of 101 subjects, 201 schemas would be brought back\n$/);
      expect((await first.get('/subjects')).body).to.deep.equal(['later']);

      const done = await archive('restore', '--at', 'before');
      expect(done).to.deep.include({ code: 0, err: '' });
      expect(done.out).to.match(/\n201 versions of 101 subjects, 201 schemas are brought back\n$/);
      for (const [subject, id] of ids) {
        for (const server of [first, second]) {
          const { status, body } = await server.get(`${at(subject)}/versions/2`);
          expect([status, body.id], subject).to.deep.equal([200, id]);
        }
      }
      const after = await dumped();
      const idOfLater = (await first.get('/subjects/later/versions/1')).body.id;
      const isLater = (row: unknown) => {
        const { subject, id, context } = row as { subject?: string; id?: number; context?: string };
        return subject === 'later' || (id === idOfLater && context === '.');
      };
      for (const table of ['subjects', 'versions', 'schemas', 'schema_references', 'settings']) {
        expect(
          after[table]?.filter((row) => !isLater(row)),
          table,
        ).to.deep.equal(before100[table]);
      }
      // Ids that are new are above.
      expect(await register('newest', 'y')).to.equal(idOfLater + 1);
      await isShipped(first);
    });

    it('is looked for alone: what is there is left as it is', async () => {
      const { code, out } = await archive('restore', '--at', 'before');
      expect([code, out.split('\n')[1]]).to.deep.equal([
        0,
        'nothing is to be brought back: all that the snapshot has is there',
      ]);
      await removeForGood('s5');
      await removeForGood('s6');
      await send('PUT', '/config/s6', { compatibility: 'NONE' });
      const done = await archive('restore', '--at', 'before', '--subject', 's6', '--subject', 's7*');
      expect(done.out).to.match(/\ns6: 1, 2\n2 versions of 1 subjects, 2 schemas are brought back\n$/);
      expect((await first.get('/config/s6')).body).to.deep.include({ compatibilityLevel: 'NONE' });
      expect((await second.get('/subjects/s5/versions')).status).to.equal(404);
    });

    it('is refused by its name where its number, or what it refers to, is another one now; the rest comes on demand', async () => {
      await send('DELETE', '/subjects/holder?permanent=false');
      await send('DELETE', '/subjects/holder?permanent=true');
      await removeForGood('s1');
      const id = await register('s1', 'other');
      const refused = await archive('restore', '--at', 'before');
      expect(refused.code).to.equal(1);
      expect(refused.err.split('\n')).to.deep.equal([
        `version 1 of s1 is another schema now: its id is ${id}, and was 1`,
        'version 1 of holder refers to s1 version 1, which is not there, or another schema now',
        '2 problems: nothing was written; --subject names what is to come back, --partial does without those subjects',
        '',
      ]);
      const partial = await archive('restore', '--at', 'before', '--partial');
      expect([partial.code, partial.out.split('\n')[1]]).to.deep.equal([0, 's5: 1, 2']);
      expect((await first.get('/subjects/s1/versions/1')).body.id).to.equal(id);
      expect((await first.get('/subjects/holder/versions')).status).to.equal(404);
    });

    it('is a copy where its content has another id now', async () => {
      const { id: before } = (await first.get('/subjects/s8/versions/1')).body;
      await removeForGood('s8');
      const again = await register('elsewhere', 'a8');
      expect(again).to.be.above(before);
      expect((await archive('restore', '--at', 'before', '--subject', 's8')).code).to.equal(0);
      expect((await second.get('/subjects/s8/versions/1')).body.id).to.equal(before);
      expect((await second.get(`/schemas/ids/${before}`)).body.schema).to.equal(
        (await second.get(`/schemas/ids/${again}`)).body.schema,
      );
    });

    it('is not looked for in a snapshot that is not there, nor under a name that is none', async () => {
      const wrong = async (...args: string[]) => (await archive('restore', ...args)).err;
      expect(await wrong()).to.match(/^archive restore wants --at/);
      expect(await wrong('--at', 'after')).to.match(/^there is no snapshot "after" at s3:\/\/undone\//);
      expect(await wrong('--at', 'before', '--subject', 'nobody*')).to.match(
        /^--subject "nobody\*" is no subject of the snapshot\n1 problem: nothing was written/,
      );
    });
  },
);
