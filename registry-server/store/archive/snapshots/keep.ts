/** Of how many hours, days and weeks that have snapshots the newest one of each is kept. */
export interface Keep {
  readonly hourly: number;
  readonly daily: number;
  readonly weekly: number;
}

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
/** 1970 began on a Thursday, and weeks begin on Mondays. */
const TO_MONDAY_MS = 3 * DAY_MS;

/**
 * Which of the snapshots, each with its time, are kept no longer. As in other tools an hour, day or week without a
 * snapshot does not count, so that what is there stays while none are taken; the newest of all is always kept.
 */
export function expired<T extends { readonly time: Date }>(
  snapshots: readonly T[],
  { hourly, daily, weekly }: Keep,
): readonly T[] {
  const newestFirst = snapshots.toSorted((one, other) => other.time.getTime() - one.time.getTime());
  const kept = new Set<T>(newestFirst.slice(0, 1));
  const periods: readonly [number, (ms: number) => number][] = [
    [hourly, (ms) => Math.floor(ms / HOUR_MS)],
    [daily, (ms) => Math.floor(ms / DAY_MS)],
    [weekly, (ms) => Math.floor((ms + TO_MONDAY_MS) / (7 * DAY_MS))],
  ];
  for (const [most, periodOf] of periods) {
    const seen = new Set<number>();
    for (const snapshot of newestFirst) {
      const period = periodOf(snapshot.time.getTime());
      if (seen.has(period) || seen.size >= most) continue;
      seen.add(period);
      kept.add(snapshot);
    }
  }
  return snapshots.filter((snapshot) => !kept.has(snapshot));
}
