import type { Log } from '../log.ts';

/** RFC 7517; what is in a key is for `parse`. */
export interface ReadKeySet {
  readonly keys: readonly object[];
}

/** The identity provider has not told its keys yet. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

export interface KeySet<T> {
  /** The keys that are there, and has what is old read anew. @throws KeysUnavailable while there is nothing */
  get(): Promise<T>;
  /** Has what is old read anew, and waits for nothing. */
  keepFresh(): void;
  /** Asks again because a key is not among them, but not within the cool-down; undefined where nothing has changed. */
  findNewer(): Promise<T | undefined>;
}

export interface KeySetSettings<T> {
  readonly url: string;
  readonly log: Log;
  readonly parse: (found: ReadKeySet) => T;
  /** Called when the keys are others than before. */
  readonly changed: () => void;
  readonly coolDownMs?: number;
  readonly maxAgeMs?: number;
  readonly deadlineMs?: number;
}

const MAX_BYTES = 1024 * 1024;

/**
 * The keys under a JWKS URL. They stay while they cannot be read anew: an identity provider that is out must not shut the
 * registry for those who have a token.
 */
export function openKeySet<T>({
  url,
  log,
  parse,
  changed,
  coolDownMs = 5_000,
  maxAgeMs = 300_000,
  deadlineMs = 5_000,
}: KeySetSettings<T>): KeySet<T> {
  let keys: T | undefined;
  let text = '';
  let askedMs = Number.NEGATIVE_INFINITY;
  let loading: Promise<void> | undefined;
  let lastCause = '';

  return {
    async get() {
      if (keys === undefined) await load();
      keepFresh();
      if (keys === undefined) throw new KeysUnavailable(lastCause);
      return keys;
    },
    keepFresh,
    async findNewer() {
      const former = keys;
      await load();
      return keys === former ? undefined : keys;
    },
  };

  function keepFresh(): void {
    if (performance.now() - askedMs > maxAgeMs) void load();
  }

  /** One at a time, and none within the cool-down of the last. */
  function load(): Promise<void> {
    if (loading === undefined && performance.now() - askedMs >= coolDownMs) {
      askedMs = performance.now();
      loading = read().finally(() => {
        loading = undefined;
      });
    }
    return loading ?? Promise.resolve();
  }

  async function read(): Promise<void> {
    try {
      const found = await fetchText(url, deadlineMs);
      lastCause = '';
      if (found === text) return;
      const keySet = readKeySet(found);
      keys = parse(keySet);
      text = found;
      changed();
      log.info('the keys of the identity provider are read', { url, keys: keySet.keys.length });
    } catch (error) {
      const cause = wordsOf(error as Error, deadlineMs);
      if (cause !== lastCause) log.warn('the keys of the identity provider cannot be read', { url, cause });
      lastCause = cause;
    }
  }
}

async function fetchText(url: string, deadlineMs: number): Promise<string> {
  // A redirection could lead to whom nobody trusts.
  const response = await fetch(url, {
    redirect: 'error',
    headers: { accept: 'application/jwk-set+json, application/json' },
    signal: AbortSignal.timeout(deadlineMs),
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`it answers ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > MAX_BYTES) throw new Error(`it answers more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function readKeySet(text: string): ReadKeySet {
  let found: { keys?: unknown };
  try {
    found = JSON.parse(text) ?? {};
  } catch (error) {
    throw new Error('it does not answer JSON', { cause: error });
  }
  if (!Array.isArray(found.keys)) throw new Error('it answers no {"keys": […]}');
  return found as ReadKeySet;
}

function wordsOf({ name, message, cause }: Error, deadlineMs: number): string {
  if (name === 'TimeoutError') return `no answer in ${deadlineMs / 1000} s`;
  // fetch says "fetch failed", and its cause why.
  return cause instanceof Error && cause.message ? cause.message : message;
}
