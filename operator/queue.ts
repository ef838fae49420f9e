/** What a run asks for: to be run again after a while, whatever happens meanwhile. */
export interface Outcome {
  readonly againAfterMs?: number;
}

/** The work that is done for a key. */
type Run = (key: string) => Promise<Outcome>;

interface QueueEvents {
  readonly added?: () => void;
  readonly retried?: (key: string, error: unknown, delayMs: number) => void;
  readonly depth?: (depth: number) => void;
}

const firstDelayMs = 200;
const longestDelayMs = 60_000;

/** Doubles from 0.2 s to 60 s, with half of it random so that keys that failed together do not come back together. */
export function retryDelayMs(attempt: number, random = Math.random): number {
  const full = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(attempt, 20));
  return full / 2 + (full / 2) * random();
}

/** Keys to work on: each in one run at a time, repeats merged, failures tried again later and later. */
export class WorkQueue {
  readonly #run: Run;
  readonly #workers: number;
  readonly #events: QueueEvents;
  readonly #waiting = new Set<string>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #attempts = new Map<string, number>();
  readonly #timers = new Map<string, { timer: NodeJS.Timeout; dueMs: number }>();
  #isStopped = false;

  constructor(run: Run, workers: number, events: QueueEvents = {}) {
    this.#run = run;
    this.#workers = workers;
    this.#events = events;
  }

  add(key: string): void {
    if (this.#isStopped || this.#waiting.has(key)) return;
    this.#waiting.add(key);
    this.#events.added?.();
    this.#fill();
  }

  /** Adds a key later; the earliest of several delays counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.#isStopped) return;
    const dueMs = performance.now() + delayMs;
    const planned = this.#timers.get(key);
    if (planned !== undefined) {
      if (planned.dueMs <= dueMs) return;
      clearTimeout(planned.timer);
    }
    const timer = setTimeout(() => {
      this.#timers.delete(key);
      this.add(key);
    }, delayMs);
    this.#timers.set(key, { timer, dueMs });
  }

  /** Takes no more keys and waits for the runs under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#waiting.clear();
    await Promise.all(this.#running.values());
  }

  #fill(): void {
    for (const key of this.#waiting) {
      if (this.#running.size >= this.#workers) break;
      // A key that is running stays waiting, and runs once more afterwards.
      if (this.#running.has(key)) continue;
      this.#waiting.delete(key);
      this.#running.set(key, this.#work(key));
    }
    this.#events.depth?.(this.#waiting.size);
  }

  async #work(key: string): Promise<void> {
    const planned = this.#timers.get(key);
    if (planned !== undefined) {
      clearTimeout(planned.timer);
      this.#timers.delete(key);
    }
    try {
      const { againAfterMs } = await this.#run(key);
      this.#attempts.delete(key);
      if (againAfterMs !== undefined) this.addAfter(key, againAfterMs);
    } catch (error) {
      const attempt = this.#attempts.get(key) ?? 0;
      this.#attempts.set(key, attempt + 1);
      const delayMs = retryDelayMs(attempt);
      this.#events.retried?.(key, error, delayMs);
      this.addAfter(key, delayMs);
    } finally {
      this.#running.delete(key);
      this.#fill();
    }
  }
}
