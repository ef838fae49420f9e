/** A fault that is shorter than this is everyday life: a cut watch, an API server that restarts. */
const graceMs = 10_000;

/** What the operator stands on (its lease, each of its watches), and since when it fails. */
export class Health {
  readonly #failing = new Map<string, { sinceMs: number; words: string }>();

  works(part: string): void {
    this.#failing.delete(part);
  }

  fails(part: string, error: unknown, nowMs = performance.now()): void {
    const { name, message } = error as Error;
    const sinceMs = this.#failing.get(part)?.sinceMs ?? nowMs;
    this.#failing.set(part, { sinceMs, words: message || name });
  }

  /** What has failed for so long that nobody should count on this replica; empty when all is well. */
  faults(nowMs = performance.now()): readonly string[] {
    return [...this.#failing]
      .filter(([, { sinceMs }]) => nowMs - sinceMs >= graceMs)
      .map(
        ([part, { sinceMs, words }]) => `${part}: ${words} (for ${Math.round((nowMs - sinceMs) / 1000)} s)`,
      );
  }
}
