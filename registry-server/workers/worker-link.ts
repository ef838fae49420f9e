import cluster from 'node:cluster';
import type { Change } from '../store/store.ts';
import { type FromWorker, type Question, readToWorker } from './worker-messages.ts';

/** A worker's line to its supervisor, and through it to the other workers. */
export interface WorkerLink {
  readonly worker: number;
  /** It takes the place of one that died, so the others serve already. */
  readonly isReplacement: boolean;
  /** Says that the store is ready; resolves when requests may be answered. */
  prepared(): Promise<void>;
  /** Resolves when no other worker remembers what was there before the change, at the latest at the deadline. */
  tell(change: Change): Promise<void>;
  hear(changed: (change: Change) => void): void;
  /**
   * Before anything that is remembered is used. Who was stopped for so long that the others no longer waited wakes to
   * requests and to what the others told, and does not know which comes first: all of it may be outdated.
   */
  wake(): void;
  /** Says who answers what the supervisor asks. */
  answer(answers: Readonly<Record<Question, () => Promise<unknown>>>): void;
}

/** A worker that answers nothing for so long answers no client either. */
const DEADLINE_MS = 1_000;
/** A worker looks at the clock so often. */
const LOOK_MS = 200;
/** Between two looks of one that runs, and well below the deadline. */
const LONGEST_TURN_MS = 600;

/** Undefined where this process has no supervisor. */
export function openWorkerLink(workers: number): WorkerLink | undefined {
  const { worker } = cluster;
  if (worker === undefined) return undefined;
  const served = Promise.withResolvers<void>();
  const rounds = new Map<number, () => void>();
  let heard: (change: Change) => void = () => {};
  let answers: Readonly<Record<Question, () => Promise<unknown>>> | undefined;
  let lastRound = 0;
  let lookedAt = performance.now();
  // What is heard in that turn is told with the rest: a look that comes after it changes nothing.
  setInterval(wake, LOOK_MS).unref();
  let waiting: { readonly change: Change; readonly done: () => void }[] = [];
  let isTelling = false;

  process.on('message', (given: unknown) => {
    const message = readToWorker(given);
    switch (message?.kind) {
      case undefined:
        heard({ anything: true });
        break;
      case 'serve':
        served.resolve();
        break;
      case 'drop':
        message.changes.forEach(heard);
        send({ kind: 'dropped', by: message.by, round: message.round });
        break;
      case 'known':
        rounds.get(message.round)?.();
        break;
      case 'ask':
        // Of who cannot say it, what it said before is taken to hold.
        answers?.[message.about]().then(
          (answer) => send({ kind: 'answered', asked: message.asked, answer }),
          () => {},
        );
        break;
    }
  });

  function wake(): void {
    const now = performance.now();
    if (now - lookedAt > LONGEST_TURN_MS) heard({ anything: true });
    lookedAt = now;
  }

  /** What comes while a round is under way goes with the next one. */
  async function tellAll(): Promise<void> {
    isTelling = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await tellRound(batch.map(({ change }) => change));
      for (const { done } of batch) done();
    }
    isTelling = false;
  }

  function tellRound(changes: readonly Change[]): Promise<void> {
    lastRound += 1;
    const round = lastRound;
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        rounds.delete(round);
        resolve();
      };
      const timer = setTimeout(end, DEADLINE_MS);
      rounds.set(round, end);
      send({ kind: 'changed', round, changes });
    });
  }

  return {
    worker: worker.id,
    // The first ones are counted from 1 on.
    isReplacement: worker.id > workers,
    prepared() {
      send({ kind: 'prepared' });
      return served.promise;
    },
    tell(change) {
      return new Promise((done) => {
        waiting.push({ change, done });
        if (!isTelling) void tellAll();
      });
    },
    hear(changed) {
      heard = changed;
    },
    wake,
    answer(given) {
      answers = given;
    },
  };
}

function send(message: FromWorker): void {
  // Without its supervisor a worker ends by itself.
  if (process.connected) process.send?.(message);
}
