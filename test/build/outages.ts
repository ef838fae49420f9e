import { setTimeout as delay } from 'node:timers/promises';
import type { TestPostgres } from './postgres.ts';
import { pick, type Random } from './random.ts';
import type { TestRedis } from './redis.ts';
import { askReplica, openReplica, type Replica } from './replica.ts';
import type { TestS3 } from './s3.ts';
import { anAvroRecord } from './schema.ts';

export interface Phase {
  readonly requests: number;
  /** Answers other than 200, by status and error code; `none` where nobody answered. */
  readonly errors: Readonly<Record<string, number>>;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface Outage {
  readonly title: string;
  readonly before: Phase;
  readonly during: Phase;
  readonly after: Phase;
  readonly acknowledged: number;
  /** Acknowledged writes that some replica does not show. */
  readonly lost: number;
}

export interface World {
  readonly postgres: TestPostgres;
  readonly redis: TestRedis;
  readonly s3: TestS3;
}

const REPLICAS = 3;
const CLIENTS = 8;
// What clients mostly do is read.
const ONE_IN_WRITES = 4;
const CHECKS_AT_ONCE = 16;

const outages: readonly {
  readonly title: string;
  begin(world: World, replicas: readonly Replica[]): Promise<void>;
  end(world: World, replicas: readonly Replica[]): Promise<void>;
}[] = [
  { title: 'Redis stopped', begin: ({ redis }) => redis.stop(), end: ({ redis }) => redis.start() },
  { title: 'S3 stopped', begin: ({ s3 }) => s3.stop(), end: ({ s3 }) => s3.start() },
  {
    title: 'PostgreSQL killed',
    begin: ({ postgres }) => postgres.kill(),
    end: ({ postgres }) => postgres.start(),
  },
  {
    title: 'a replica killed',
    begin: async (_, [first]) => first?.kill(),
    end: async (_, [first]) => first?.start(),
  },
];

/** Each outage under load, against three servers in processes of their own. Clients never try again. */
export async function sufferOutages(
  world: World,
  seconds: number,
  random: Random,
  suffered: (outage: Outage) => void,
): Promise<void> {
  const environment = {
    DATABASE_URL: await world.postgres.createDatabase('outages'),
    DATABASE_MIN_CONNECTIONS: '2',
    DATABASE_MAX_CONNECTIONS: '10',
    DATABASE_ACQUIRE_TIMEOUT: '3',
    REDIS_URL: world.redis.url,
    REDIS_TIMEOUT: '1',
    ...world.s3.createBucket('outages'),
  };
  const replicas = await Promise.all(Array.from({ length: REPLICAS }, () => openReplica(environment)));
  try {
    for (const replica of replicas) replica.start();
    await Promise.all(replicas.map((replica) => replica.isReady()));
    let round = 0;
    for (const { title, begin, end } of outages) {
      round += 1;
      const load = new ClientLoad(replicas, random, `r${round}`);
      await load.during(seconds / 2);
      const before = await load.during(seconds);
      const during = await load.during(seconds, () => begin(world, replicas));
      await end(world, replicas);
      const after = await load.during(seconds);
      await Promise.all(replicas.map((replica) => replica.isReady()));
      const lost = await load.countLost();
      suffered({ title, before, during, after, acknowledged: load.acknowledged.length, lost });
    }
  } finally {
    await Promise.all(replicas.map((replica) => replica.stop()));
  }
}

interface Acknowledged {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  readonly schema: string;
}

class ClientLoad {
  readonly acknowledged: Acknowledged[] = [];
  readonly #replicas: readonly Replica[];
  readonly #random: Random;
  readonly #name: string;
  #written = 0;

  constructor(replicas: readonly Replica[], random: Random, name: string) {
    this.#replicas = replicas;
    this.#random = random;
    this.#name = name;
  }

  /** Load for as long as that, and until what happens meanwhile has happened. */
  async during(seconds: number, happens: () => Promise<void> = async () => {}): Promise<Phase> {
    const times: number[] = [];
    const errors: Record<string, number> = {};
    const end = performance.now() + seconds * 1000;
    let isOver = false;
    const happening = happens();
    const clients = Array.from({ length: CLIENTS }, async () => {
      while (performance.now() < end || !isOver) {
        const started = performance.now();
        const error = await this.#request();
        times.push(performance.now() - started);
        if (error === undefined) continue;
        errors[error] = (errors[error] ?? 0) + 1;
        await delay(10);
      }
    });
    await happening;
    isOver = true;
    await Promise.all(clients);
    times.sort((a, b) => a - b);
    const at = (share: number) => times[Math.floor(share * (times.length - 1))] ?? 0;
    return { requests: times.length, errors, p50Ms: at(0.5), p99Ms: at(0.99) };
  }

  /** Answers what was wrong. */
  async #request(): Promise<string | undefined> {
    const replica = pick(this.#random, this.#replicas);
    const known = this.acknowledged;
    if (known.length > 0 && this.#random.below(ONE_IN_WRITES) > 0) {
      const { id, subject } = pick(this.#random, known);
      const path =
        this.#random.below(2) === 0 ? `/schemas/ids/${id}` : `/subjects/${subject}/versions/latest`;
      return errorOf(await askReplica(replica, 'GET', path));
    }
    this.#written += 1;
    const subject = `${this.#name}-${this.#random.below(50)}`;
    const schema = anAvroRecord('R', [`${this.#name}_${this.#written}`]);
    const answer = await askReplica(replica, 'POST', `/subjects/${subject}/versions`, { schema });
    if (answer?.status === 200) {
      this.acknowledged.push({ subject, schema, version: answer.body.version, id: answer.body.id });
    }
    return errorOf(answer);
  }

  async countLost(): Promise<number> {
    let lost = 0;
    for (const replica of this.#replicas) {
      const left = [...this.acknowledged];
      await Promise.all(
        Array.from({ length: CHECKS_AT_ONCE }, async () => {
          for (let one = left.pop(); one; one = left.pop()) {
            const answer = await askReplica(
              replica,
              'GET',
              `/subjects/${one.subject}/versions/${one.version}`,
            );
            if (answer?.body.id !== one.id || answer.body.schema !== one.schema) lost += 1;
          }
        }),
      );
    }
    return lost;
  }
}

function errorOf(answer: Awaited<ReturnType<typeof askReplica>>): string | undefined {
  if (!answer) return 'none';
  if (answer.status === 200) return undefined;
  return `${answer.status} ${answer.body.error_code}`;
}
