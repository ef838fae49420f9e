import { AsyncLocalStorage } from 'node:async_hooks';
import { type Connection, type Database, StoreUnavailable, sqlState } from './database.ts';
import { fingerprint, textFingerprint } from './fingerprint.ts';
import { contentColumns } from './rows.ts';
import { statement } from './sql.ts';
import type { NewVersion } from './store.ts';

export interface AddedVersion {
  readonly id: number;
  readonly version: number;
}

/** Answers as Store.addVersion does. */
type AddVersion = (added: NewVersion) => Promise<AddedVersion | undefined>;

interface Waiting {
  readonly added: NewVersion;
  readonly row: WantedRow;
  /** Runs as its request, for whoever asks on whose behalf. */
  readonly asItsRequest: <T>(work: () => T) => T;
  readonly resolve: (outcome: AddedVersion | undefined | PromiseLike<AddedVersion | undefined>) => void;
  readonly reject: (error: unknown) => void;
}

// Two: while one waits for the disk, the next is on its way. More only wait for each other, at the counter.
const MAX_TRANSACTIONS = 2;
const MAX_BATCH = 16;
const MAX_BATCH_CHARACTERS = 512 * 1024;

/**
 * Writes what waits together in one transaction: commits of one context follow each other anyway, at the counter of
 * ids and in NOTIFY, and each of them waits for the disk. Nobody is answered before the commit, and a batch waits for
 * no subject: what somebody else holds is written by itself, as is all that is in the batch when it fails.
 */
export function versionQueue(database: Database, addAlone: AddVersion): AddVersion {
  let waiting: Waiting[] = [];
  let transactions = 0;

  return (added) => {
    const isLarge = added.content.schema.length > MAX_BATCH_CHARACTERS;
    // What is referred to has to be locked, and may be held by somebody who waits for us.
    if (isLarge || added.targets.length > 0) return addAlone(added);
    return new Promise((resolve, reject) => {
      waiting.push({ added, row: rowOf(added), asItsRequest: AsyncLocalStorage.snapshot(), resolve, reject });
      // Not at once: requests that were read together go together.
      if (transactions < MAX_TRANSACTIONS) setImmediate(writeNext);
    });
  };

  function writeNext(): void {
    if (waiting.length === 0 || transactions >= MAX_TRANSACTIONS) return;
    transactions += 1;
    void write(takeBatch()).finally(() => {
      transactions -= 1;
      writeNext();
    });
  }

  /** Of one context, each subject once, the oldest first. */
  function takeBatch(): readonly Waiting[] {
    const context = waiting[0]?.added.name.context;
    const subjects = new Set<string>();
    const batch: Waiting[] = [];
    let characters = 0;
    const left: Waiting[] = [];
    for (const one of waiting) {
      const { name, content } = one.added;
      const fits =
        name.context === context &&
        !subjects.has(name.subject) &&
        batch.length < MAX_BATCH &&
        characters + content.schema.length <= MAX_BATCH_CHARACTERS;
      if (!fits) {
        left.push(one);
        continue;
      }
      subjects.add(name.subject);
      characters += content.schema.length;
      batch.push(one);
    }
    waiting = left;
    return batch;
  }

  async function write(batch: readonly Waiting[]): Promise<void> {
    const [first, second] = batch;
    // The statement for one is the cheaper one.
    if (first && !second) {
      const adding = first.asItsRequest(() => addAlone(first.added));
      first.resolve(adding);
      await adding.catch(() => {});
      return;
    }
    if (!first) return;
    let outcomes: readonly Outcome[];
    try {
      const rows = batch.map(({ row }) => row);
      outcomes = await first.asItsRequest(() => addVersions(database, rows));
    } catch (error) {
      const isUndone = !(error instanceof StoreUnavailable) && sqlState(error) !== undefined;
      for (const { added, asItsRequest, resolve, reject } of batch) {
        if (isUndone) resolve(asItsRequest(() => addAlone(added)));
        else reject(error);
      }
      return;
    }
    for (const [i, { added, asItsRequest, resolve }] of batch.entries()) {
      const outcome = outcomes[i] ?? 'busy';
      if (outcome === 'busy') resolve(asItsRequest(() => addAlone(added)));
      else resolve(outcome === 'moved' ? undefined : outcome);
    }
  }
}

const bytea = (bytes: Buffer) => `\\x${bytes.toString('hex')}`;

type Outcome = AddedVersion | 'moved' | 'busy';

type WantedRow = ReturnType<typeof rowOf>;

/** The row of a version. It is made before the wait: to hash a text makes one piece of the thousand that it was printed as. */
function rowOf({ name, judgedAgainst, content }: NewVersion) {
  return {
    ...name,
    revision: judgedAgainst.revision,
    settings_revision: judgedAgainst.settingsRevision,
    fingerprint: bytea(fingerprint(content)),
    text_fingerprint: content.metadata || content.ruleSet ? bytea(textFingerprint(content)) : undefined,
    ...contentColumns(content),
  };
}

/** In the order of `batch`; one statement, and so one transaction. */
async function addVersions(connection: Connection, batch: readonly WantedRow[]): Promise<readonly Outcome[]> {
  const wanted = batch.map((row, i) => ({ i, ...row }));
  const rows = await connection.query<{
    i: number;
    gate: 'open' | 'busy' | 'moved';
    id: number | null;
    version: number | null;
  }>(statement('addVersions'), [JSON.stringify(wanted)]);
  const outcomes: Outcome[] = [];
  for (const { i, gate, id, version } of rows) {
    outcomes[i] = gate === 'busy' ? 'busy' : id === null || version === null ? 'moved' : { id, version };
  }
  return outcomes;
}
