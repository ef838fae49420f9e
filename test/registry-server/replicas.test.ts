import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import pg from 'pg';
import { missingPostgres, startPostgres, type TestPostgres } from '../build/postgres.ts';
import { chance, pick, type Random, seeded } from '../build/random.ts';
import { type Answer, askReplica, openReplica, type Replica } from '../build/replica.ts';
import { anAvroRecord } from '../build/schema.ts';

const CLIENTS = 8;
const REPLICAS = 3;
const REGISTRATIONS = Number(process.env.REGISTRATIONS ?? 20_000);
// A machine that does other things, too, does fewer of them.
const LONGEST_SECONDS = Number(process.env.LONGEST_SECONDS ?? 100);
const CONTENTS = Math.ceil(REGISTRATIONS / 5);
const SUBJECTS = Math.ceil(REGISTRATIONS / 40);
const KILLS = 8;
const FEED_CUTS = 8;
// What the README states: the heartbeat of the change feed and its deadline.
const STALENESS_MS = 10_000;
const ONE_IN_WATCHED = 25;
const ONE_IN_CHURNED = 10;

const schemaOf = (content: number) => anAvroRecord('R', [`f${content}`]);

(missingPostgres ? describe.skip : describe)(
  `replicas that are killed${missingPostgres ? ` (${missingPostgres})` : ''}`,
  function () {
    this.timeout(600_000);
    let postgres: TestPostgres;
    let replicas: readonly Replica[];
    let database: pg.Pool;

    before(async () => {
      postgres = await startPostgres();
      const url = await postgres.createDatabase('replicas');
      database = new pg.Pool({ connectionString: url, max: 2 });
      // It is not killed itself, so nothing has to be on the disk; clients one after the other would wait for little else.
      await database.query('alter database replicas set synchronous_commit = off');
      replicas = await Promise.all(
        Array.from({ length: REPLICAS }, () =>
          openReplica({ DATABASE_URL: url, DATABASE_MIN_CONNECTIONS: '2', DATABASE_MAX_CONNECTIONS: '10' }),
        ),
      );
      for (const replica of replicas) replica.start();
      await Promise.all(replicas.map((replica) => replica.isReady()));
    });
    after(async () => {
      await Promise.all(replicas.map((replica) => replica.kill()));
      await database.end();
      await postgres.stop();
    });

    const random = seeded();

    it(`lose no acknowledged write, number without gap or repeat, and agree: up to ${REGISTRATIONS} registrations, TEST_SEED=${random.seed}`, async () => {
      const run = new Run(replicas, seeded(random.seed));
      const started = performance.now();
      const [{ kills, cuts }] = await Promise.all([
        disturb(run, random),
        ...Array.from({ length: CLIENTS }, (_, client) => run.client(client)),
      ]);
      const seconds = (performance.now() - started) / 1000;
      await Promise.all(replicas.map((replica) => replica.isReady()));
      const stale = run.staleMs.toSorted((a, b) => a - b);
      const at = (share: number) => Math.round(stale[Math.floor(share * (stale.length - 1))] ?? 0);
      process.stdout.write(
        `      ${run.done} registrations in ${seconds.toFixed(1)} s (${Math.round(run.done / seconds)}/s), ${run.retries} repeated, ` +
          `${kills} kills, ${cuts} connections of the feed cut; seen elsewhere after ${at(0.5)} ms (p50), ${at(0.99)} ms (p99), ${at(1)} ms (most)\n`,
      );

      const ids = new Map([...run.idOf].map(([content, id]) => [id, content]));
      expect(ids.size, 'an id of two contents').to.equal(run.idOf.size);
      expect(
        [...ids.keys()].toSorted((a, b) => a - b),
        'ids without a gap',
      ).to.deep.equal(upTo(ids.size));
      for (const replica of replicas) await checkReplica(replica, run, ids);
      await run.checkChurned();
    });

    async function checkReplica(replica: Replica, run: Run, ids: ReadonlyMap<number, number>): Promise<void> {
      const found = new Map<string, number[]>();
      for await (const { subject, version, id, schema } of listSchemas(replica)) {
        const content = ids.get(id) ?? -1;
        expect(schema, `${subject} ${version}`).to.equal(schemaOf(content));
        expect(run.acknowledged.get(subject)?.get(content), `${subject}, content ${content}`).to.equal(
          version,
        );
        found.set(subject, [...(found.get(subject) ?? []), version]);
      }
      for (const [subject, contents] of run.acknowledged) {
        expect(found.get(subject), subject).to.deep.equal(upTo(contents.size));
      }
      expect(found.size).to.equal(run.acknowledged.size);
      // What caches hold, too.
      for (const [subject, contents] of run.acknowledged) {
        const versions = await askReplica(replica, 'GET', `/subjects/${subject}/versions`);
        expect(versions?.body, subject).to.deep.equal(upTo(contents.size));
      }
      for (let id = 1; id <= ids.size; id += 7) {
        const answer = await askReplica(replica, 'GET', `/schemas/ids/${id}`);
        expect(answer?.body.schema, `id ${id}`).to.equal(schemaOf(ids.get(id) ?? -1));
      }
    }

    async function* listSchemas(replica: Replica) {
      const limit = 1_000;
      for (let offset = 0; ; offset += limit) {
        const answer = await askReplica(
          replica,
          'GET',
          `/schemas?subjectPrefix=main-&latestOnly=false&offset=${offset}&limit=${limit}`,
        );
        expect(answer?.status).to.equal(200);
        yield* answer?.body as { subject: string; version: number; id: number; schema: string }[];
        if (answer?.body.length < limit) return;
      }
    }

    /** Kills a replica, or cuts the feed of all, at moments that the seed says. */
    async function disturb(
      run: Run,
      fate: Random,
    ): Promise<{ readonly kills: number; readonly cuts: number }> {
      const moments = [
        ...Array.from({ length: KILLS }, () => ({ at: fate.below(REGISTRATIONS), isKill: true })),
        ...Array.from({ length: FEED_CUTS }, () => ({ at: fate.below(REGISTRATIONS), isKill: false })),
      ].toSorted((a, b) => a.at - b.at);
      let [kills, cuts] = [0, 0];
      for (const { at, isKill } of moments) {
        while (run.done < at && !run.isOver) await delay(5);
        if (run.isOver) break;
        if (isKill) {
          const replica = pick(fate, replicas);
          await replica.kill();
          replica.start();
          kills += 1;
        } else {
          const { rowCount } = await database.query(
            `select pg_terminate_backend(pid) from pg_stat_activity
             where application_name = 'schema-registry' and (query ilike 'listen %' or query = 'show server_version')`,
          );
          cuts += rowCount ?? 0;
        }
      }
      return { kills, cuts };
    }
  },
);

const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);

/** What one client knows of a subject that nobody else writes. */
interface Churned {
  readonly subject: string;
  /** By version; the contents of those that are there, soft-deleted or not. */
  readonly versions: Map<number, { readonly content: number; isDeleted: boolean }>;
  compatibility: string | undefined;
}

/** What the clients did, and what they were told. */
class Run {
  /** By subject, then content: the version. */
  readonly acknowledged = new Map<string, Map<number, number>>();
  readonly idOf = new Map<number, number>();
  readonly staleMs: number[] = [];
  retries = 0;
  done = 0;
  isOver = false;
  readonly #churned: Churned[] = [];
  readonly #replicas: readonly Replica[];
  readonly #seed: number;
  readonly #end = performance.now() + LONGEST_SECONDS * 1000;

  constructor(replicas: readonly Replica[], { seed }: Random) {
    this.#replicas = replicas;
    this.#seed = seed;
  }

  async client(number: number): Promise<void> {
    const random = seeded(this.#seed + number + 1);
    const churned: Churned = { subject: `churned-${number}`, versions: new Map(), compatibility: undefined };
    this.#churned.push(churned);
    try {
      while (this.done < REGISTRATIONS && !this.isOver && performance.now() < this.#end) {
        await this.#register(random);
        if (chance(random, ONE_IN_CHURNED)) await this.#churn(random, churned);
      }
    } finally {
      // When one client has failed, the others need not go on.
      this.isOver = true;
    }
  }

  async #register(random: Random): Promise<void> {
    this.done += 1;
    const [subject, content] = [`main-${random.below(SUBJECTS)}`, random.below(CONTENTS)];
    const { status, body } = await this.#ask(random, 'POST', `/subjects/${subject}/versions`, {
      schema: schemaOf(content),
    });
    expect(status, JSON.stringify(body)).to.equal(200);
    expect(body.id, 'equal content, equal id').to.equal(this.idOf.get(content) ?? body.id);
    this.idOf.set(content, body.id);
    const versions = this.acknowledged.get(subject) ?? new Map<number, number>();
    expect(body.version, `${subject}, content ${content}`).to.equal(versions.get(content) ?? body.version);
    versions.set(content, body.version);
    this.acknowledged.set(subject, versions);
    if (chance(random, ONE_IN_WATCHED)) {
      // The list comes from memory; a version that memory does not know would be asked of the database.
      const path = `/subjects/${subject}/versions`;
      await Promise.all(this.#replicas.map((replica) => this.#watch(replica, path, body.version)));
    }
  }

  /** Until the replica shows it. A replica that is away is not stale. */
  async #watch(replica: Replica, path: string, version: number): Promise<void> {
    let staleSince: number | undefined;
    for (;;) {
      const answer = await askReplica(replica, 'GET', path);
      const now = performance.now();
      if (answer?.status === 200 && answer.body.includes(version)) {
        this.staleMs.push(staleSince === undefined ? 0 : now - staleSince);
        return;
      }
      if (answer && answer.status < 500) {
        staleSince ??= now;
        expect(now - staleSince, `${path}: ${version} stays unknown to ${replica.url}`).to.be.lessThan(
          STALENESS_MS,
        );
      } else {
        staleSince = undefined;
        await delay(20);
      }
    }
  }

  /** Registers, deletes and configures what is this client's alone, so that it knows what must be there. */
  async #churn(random: Random, churned: Churned): Promise<void> {
    const subject = `/subjects/${encodeURIComponent(`:.churn:${churned.subject}`)}`;
    const settings = `/config/${encodeURIComponent(`:.churn:${churned.subject}`)}`;
    const { versions } = churned;
    const live = [...versions].filter(([, { isDeleted }]) => !isDeleted);
    const soft = [...versions].filter(([, { isDeleted }]) => isDeleted);
    const what = random.below(6);
    if (what <= 2 || versions.size === 0) {
      const content = random.below(40);
      const { status, body } = await this.#ask(random, 'POST', `${subject}/versions`, {
        schema: schemaOf(content),
      });
      expect(status, JSON.stringify(body)).to.equal(200);
      const known = live.find(([, version]) => version.content === content);
      if (known) expect(body.version).to.equal(known[0]);
      // It gives way to the new one.
      for (const [version, found] of soft) if (found.content === content) versions.delete(version);
      versions.set(body.version, { content, isDeleted: false });
    } else if (what === 3 && live.length > 0) {
      const [version, found] = pick(random, live);
      const { status, body } = await this.#ask(random, 'DELETE', `${subject}/versions/${version}`);
      // Asked again after no answer came: it may be done.
      expect([200, 404], JSON.stringify(body)).to.include(status);
      found.isDeleted = true;
    } else if (what === 4 && soft.length > 0) {
      const [version] = pick(random, soft);
      const { status, body } = await this.#ask(
        random,
        'DELETE',
        `${subject}/versions/${version}?permanent=true`,
      );
      expect([200, 404], JSON.stringify(body)).to.include(status);
      versions.delete(version);
    } else {
      const compatibility = pick(random, ['BACKWARD', 'NONE']);
      const { status } = await this.#ask(random, 'PUT', settings, { compatibility });
      expect(status).to.equal(200);
      churned.compatibility = compatibility;
    }
  }

  async checkChurned(): Promise<void> {
    for (const replica of this.#replicas) {
      for (const { subject, versions, compatibility } of this.#churned) {
        const name = encodeURIComponent(`:.churn:${subject}`);
        const all = await askReplica(replica, 'GET', `/subjects/${name}/versions?deleted=true`);
        const wanted = [...versions.keys()].toSorted((a, b) => a - b);
        expect(all?.status === 404 ? [] : all?.body, subject).to.deep.equal(wanted);
        for (const [version, { content, isDeleted }] of versions) {
          const path = `/subjects/${name}/versions/${version}`;
          const [shown, hidden] = await Promise.all([
            askReplica(replica, 'GET', path),
            askReplica(replica, 'GET', `${path}?deleted=true`),
          ]);
          expect(shown?.status, `${subject} ${version}`).to.equal(isDeleted ? 404 : 200);
          expect(hidden?.body.schema).to.equal(schemaOf(content));
        }
        const config = await askReplica(replica, 'GET', `/config/${name}`);
        expect(config?.body.compatibilityLevel).to.equal(compatibility);
      }
    }
  }

  /** At any replica, until somebody answers with something else than "not now". */
  async #ask(random: Random, method: string, path: string, body?: unknown): Promise<Answer> {
    for (let tries = 0; ; tries += 1) {
      const answer = await askReplica(pick(random, this.#replicas), method, path, body);
      if (answer && answer.status < 500) return answer;
      this.retries += 1;
      expect(tries, `${method} ${path}: ${JSON.stringify(answer?.body)}`).to.be.lessThan(500);
      await delay(10 + random.below(20));
    }
  }
}
