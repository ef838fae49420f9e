import { setTimeout as delay } from 'node:timers/promises';

/** Asks again until the claim holds; at the deadline its last failure is thrown. */
export async function eventually<T>(claim: () => Promise<T> | T, deadlineMs = 30_000): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    try {
      return await claim();
    } catch (error) {
      if (performance.now() > end) throw error;
      await delay(20);
    }
  }
}
