import { setTimeout as pause } from 'node:timers/promises';

type Options = { readonly timeoutMs: number; readonly everyMs?: number; readonly signal?: AbortSignal };

/** Asks until the answer is not undefined or false; says at the deadline what it waited for. */
export const waitFor = async <T>(
  what: string,
  { timeoutMs, everyMs = 100, signal }: Options,
  find: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> => {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    const found = await find();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`${what}: not so after ${timeoutMs / 1000} s`);
    await pause(everyMs, undefined, { signal });
  }
};
