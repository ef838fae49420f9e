import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { RegistryError } from '../errors.ts';
import { InvalidSchema } from '../schema-types/invalid-schema.ts';
import type { JobInput, JobKind, JobReply, JobRequest, JobResult } from './schema-jobs.ts';

/** Threads for schemas that are too large or too intricate for the event loop. */
export interface SchemaThreads {
  /** @throws InvalidSchema also when it takes too long or too much memory; RegistryError 50002 when too many wait */
  run<K extends JobKind>(kind: K, input: JobInput<K>): Promise<JobResult<K>>;
  usage(): ThreadUsage;
  close(): Promise<void>;
}

export interface ThreadUsage {
  readonly busy: number;
  readonly idle: number;
  /** Jobs that no thread has begun. */
  readonly waiting: number;
}

export interface ThreadLimits {
  readonly maxThreads: number;
  /** After that a thread is ended, with what it does. */
  readonly deadlineMs: number;
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
  /** A thread with nothing to do gives its memory back. */
  readonly idleMs: number;
  readonly maxHeapMb: number;
}

const defaultLimits: ThreadLimits = {
  maxThreads: Math.max(2, Math.min(4, availableParallelism() - 1)),
  deadlineMs: 3_000,
  maxWaiting: 256,
  maxWaitMs: 10_000,
  idleMs: 30_000,
  maxHeapMb: 512,
};

// Walks over a schema recurse. It is address space: what is not used costs nothing.
const STACK_MB = 64;

interface Job {
  readonly request: JobRequest;
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
  readonly waitUntilMs: number;
}

export function openSchemaThreads(limits: Partial<ThreadLimits> = {}): SchemaThreads {
  return new Threads({ ...defaultLimits, ...limits });
}

class Threads implements SchemaThreads {
  readonly #limits: ThreadLimits;
  readonly #waiting: Job[] = [];
  /** The one that worked last is the first to work again: it holds the models of what is asked for now. */
  readonly #idle: Thread[] = [];
  readonly #all = new Set<Thread>();

  constructor(limits: ThreadLimits) {
    this.#limits = limits;
  }

  run<K extends JobKind>(kind: K, input: JobInput<K>): Promise<JobResult<K>> {
    const { maxWaiting, maxWaitMs } = this.#limits;
    if (this.#waiting.length >= maxWaiting) return Promise.reject(new RegistryError('STORE_TIMEOUT'));
    return new Promise((resolve, reject) => {
      const waitUntilMs = performance.now() + maxWaitMs;
      this.#waiting.push({ request: { kind, input }, resolve, reject, waitUntilMs });
      this.#next();
    });
  }

  usage(): ThreadUsage {
    const idle = this.#idle.length;
    return { busy: this.#all.size - idle, idle, waiting: this.#waiting.length };
  }

  async close(): Promise<void> {
    for (const job of this.#waiting.splice(0)) job.reject(new RegistryError('STORE_TIMEOUT'));
    await Promise.all([...this.#all].map((thread) => thread.end('the server stops')));
  }

  #next(): void {
    for (;;) {
      const job = this.#waiting[0];
      if (job === undefined) return;
      if (job.waitUntilMs < performance.now()) {
        this.#waiting.shift();
        job.reject(new RegistryError('STORE_TIMEOUT'));
        continue;
      }
      const thread = this.#idle.pop() ?? this.#start();
      if (thread === undefined) return;
      this.#waiting.shift();
      thread.do(job);
    }
  }

  #start(): Thread | undefined {
    if (this.#all.size >= this.#limits.maxThreads) return undefined;
    const thread = new Thread(this.#limits, {
      free: () => {
        this.#idle.push(thread);
        this.#next();
      },
      gone: () => {
        this.#all.delete(thread);
        const index = this.#idle.indexOf(thread);
        if (index >= 0) this.#idle.splice(index, 1);
        this.#next();
      },
    });
    this.#all.add(thread);
    return thread;
  }
}

interface Owner {
  readonly free: () => void;
  readonly gone: () => void;
}

class Thread {
  readonly #worker: Worker;
  readonly #limits: ThreadLimits;
  readonly #owner: Owner;
  #job: Job | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isGone = false;
  #isStarted = false;

  constructor(limits: ThreadLimits, owner: Owner) {
    this.#limits = limits;
    this.#owner = owner;
    this.#worker = new Worker(new URL('./schema-thread.ts', import.meta.url), {
      resourceLimits: { stackSizeMb: STACK_MB, maxOldGenerationSizeMb: limits.maxHeapMb },
    });
    this.#worker.on('message', (reply: JobReply) => this.#finish(reply));
    this.#worker.on('error', (error: NodeJS.ErrnoException) => {
      const isMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      this.#leave(
        isMemory
          ? new InvalidSchema(`it takes more than ${limits.maxHeapMb} MB of memory to read or compare`)
          : new Error('a thread for large schemas failed', { cause: error }),
      );
    });
    this.#worker.on('exit', () => this.#leave(new Error('a thread for large schemas ended')));
  }

  do(job: Job): void {
    this.#job = job;
    this.#worker.ref();
    // What is sent before the thread is ready waits in its port, and the time that a start takes is not the job's.
    if (this.#isStarted) this.#startClock();
    this.#worker.postMessage(job.request);
  }

  #startClock(): void {
    const { deadlineMs } = this.#limits;
    this.#setTimer(deadlineMs, () => {
      this.#leave(new InvalidSchema(`it takes more than ${deadlineMs / 1000} seconds to read or compare`));
    });
  }

  async end(reason: string): Promise<void> {
    this.#leave(new Error(reason));
    await this.#worker.terminate();
  }

  #finish(reply: JobReply): void {
    if (reply.outcome === 'started') {
      this.#isStarted = true;
      this.#startClock();
      return;
    }
    const job = this.#job;
    this.#job = undefined;
    if (job === undefined) return;
    this.#worker.unref();
    this.#setTimer(this.#limits.idleMs, () => this.#leave(new Error('idle'))).unref();
    if (reply.outcome === 'done') job.resolve(reply.result as never);
    else if (reply.outcome === 'invalid') job.reject(new InvalidSchema(reply.words));
    else job.reject(new Error('a job for a large schema failed', { cause: reply.error }));
    this.#owner.free();
  }

  #leave(error: Error): void {
    if (this.#isGone) return;
    this.#isGone = true;
    clearTimeout(this.#timer);
    void this.#worker.terminate();
    this.#job?.reject(error);
    this.#job = undefined;
    this.#owner.gone();
  }

  #setTimer(afterMs: number, then: () => void): NodeJS.Timeout {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, afterMs);
    return this.#timer;
  }
}
