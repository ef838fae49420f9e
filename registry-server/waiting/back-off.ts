export interface BackOff {
  readonly firstMs: number;
  /** Without it, it doubles for as long as somebody tries. */
  readonly longestMs?: number;
}

/**
 * How long to wait before the next try, in ms: it doubles with each failure, and half of it is random, so that replicas
 * that failed together do not try together.
 * @param failures so far, before the one that is waited for now
 */
export function backOffMs(
  failures: number,
  { firstMs, longestMs = Number.POSITIVE_INFINITY }: BackOff,
  random: () => number = Math.random,
): number {
  return Math.min(longestMs, firstMs * 2 ** failures) * (0.5 + random() / 2);
}
