import type { Log } from '../../log.ts';
import type { Database } from '../database.ts';
import { DataLost, type NotServed } from '../not-served.ts';
import {
  type ExpectedIdentity,
  findIdentity,
  type Identity,
  lossOf,
  readIdentity,
  takePlaceOf,
} from './identity.ts';
import { findIdentityFile, writeIdentityFile } from './identity-file.ts';

export interface IdentityGuard {
  /**
   * Which database the file says there is to be; undefined where nothing is known, or where a person has given it up.
   * @throws DataLost where the file is not to be read
   */
  expected(): Promise<Identity | undefined>;
  /**
   * Before a table is made: a backup is best put into a database that has none.
   * @throws NotServed
   */
  mustNotBeBare(): Promise<void>;
  /**
   * Once the tables are up to date, and before anything is read or written: it is the database that is expected, or takes
   * its place.
   * @throws NotServed
   */
  mustBeExpected(): Promise<void>;
  /** From then on: the database stays what it is, or somebody is told. Call once. */
  watch(listener: IdentityListener): void;
  /** At once, as where a connection was lost. */
  look(): void;
  /** The database as it was last seen, which is seconds ago at most. */
  last(): Identity | undefined;
  close(): void;
}

export interface IdentityListener {
  /** What is there now is not to be served. */
  lost(loss: NotServed): void;
  /** A server that begins anew can do with what is there now. */
  canBeginAnew(): void;
}

export interface IdentityGuardOptions {
  /** What whoever watches over the registry knows of its database; undefined: nobody does. */
  readonly file: string | undefined;
  /** Whether there is an archive to bring a database back from that has nothing in it. */
  readonly canRestore: () => Promise<boolean>;
  readonly log: Log;
  readonly lookMs?: number;
}

const LOOK_MS = 5_000;
/** Looks in a row at a database that is bare: a restore by hand may drop the tables before it makes them again. */
const LOOKS = 3;
/** By so much the highest id has to have grown before it is noted once more. */
const NOTED_IDS = 1_000;
const annotation = 'llm-schema-registry.io/accept-data-loss';

/** Holds a server to the database that its registry had. */
export function openIdentityGuard(
  database: Database,
  { file, canRestore, log, lookMs = LOOK_MS }: IdentityGuardOptions,
): IdentityGuard {
  // Nobody else looks after a database that is in this process.
  const notes = database.kind === 'embedded' ? file : undefined;
  let last: Identity | undefined;
  let noted: Identity | undefined;
  let loss: NotServed | undefined;
  let bareLooks = 0;
  let listener: IdentityListener | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isLooking = false;

  return {
    async expected() {
      const expected = await findExpected();
      return expected?.isGivenUp ? undefined : expected;
    },
    async mustNotBeBare() {
      const expected = await findExpected();
      if (expected === undefined || expected.isGivenUp) return;
      if ((await findIdentity(database)) === 'bare') throw lossOf('bare', expected, acceptance);
    },
    async mustBeExpected() {
      const expected = await findExpected();
      let found = await readIdentity(database);
      const difference = expected && lossOf(found, expected, acceptance);
      if (expected !== undefined && difference !== undefined) {
        if (!expected.isGivenUp) throw difference;
        await takePlaceOf(database, expected);
        found = await readIdentity(database);
        const { registryId } = found;
        log.warn('the loss of a database is accepted', { givenUp: expected.registryId, registryId });
      }
      await see(found);
    },
    watch(given) {
      listener = given;
      timer = setInterval(look, lookMs).unref();
    },
    look,
    last: () => last,
    close: () => clearInterval(timer),
  };

  function beginAnew(): void {
    clearInterval(timer);
    listener?.canBeginAnew();
    listener = undefined;
  }

  function acceptance(registryId: string): string {
    return notes === undefined
      ? `the annotation ${annotation}: ${registryId}`
      : `"isGivenUp": true in ${notes}`;
  }

  async function findExpected(): Promise<ExpectedIdentity | undefined> {
    if (file === undefined) return undefined;
    try {
      return await findIdentityFile(file);
    } catch (error) {
      throw new DataLost((error as Error).message, { cause: error });
    }
  }

  function look(): void {
    if (isLooking) return;
    isLooking = true;
    void compare()
      // A database that is away tells nothing.
      .catch(() => {
        bareLooks = 0;
      })
      .finally(() => {
        isLooking = false;
      });
  }

  async function compare(): Promise<void> {
    if (listener === undefined) return;
    const found = await findIdentity(database);
    if (found === undefined) return;
    if (found === 'bare') {
      bareLooks += 1;
      // Without either, a server that begins anew would take the database for that of a new registry.
      if (bareLooks >= LOOKS && (file !== undefined || (await canRestore()))) beginAnew();
      return;
    }
    bareLooks = 0;
    const difference = last && lossOf(found, last, acceptance);
    if (last === undefined || difference === undefined) {
      if (loss === undefined) await see(found);
      // Somebody has put back what it was.
      else beginAnew();
      return;
    }
    if (loss === undefined) {
      loss = difference;
      listener.lost(difference);
    }
    const expected = await findExpected();
    if (expected === undefined) return;
    const isSame = expected.registryId === last.registryId;
    // The file tells of another registry once a replica that began anew is known.
    if (isSame ? expected.isGivenUp : lossOf(found, expected, acceptance) === undefined) beginAnew();
  }

  async function see({ registryId, lastId, revision }: Identity): Promise<void> {
    last = { registryId, lastId, revision };
    const hasGrown = noted?.registryId !== last.registryId || last.lastId - noted.lastId >= NOTED_IDS;
    const isFirst = noted?.lastId === 0 && last.lastId > 0;
    if (notes === undefined || !(hasGrown || isFirst)) return;
    await writeIdentityFile(notes, last);
    noted = last;
  }
}
