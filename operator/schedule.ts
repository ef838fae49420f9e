import { contentHash } from './desired/pod.ts';

const DAY_SECONDS = 86_400;

/** When something with a cron expression has failed to happen: twice the longest time that there may be between two, and a day. */
export function overdueSeconds(schedule: string): number {
  return (2 * longestGapDays(schedule) + 1) * DAY_SECONDS;
}

/** A day, unless the expression names days of the week, of the month, or months. */
function longestGapDays(schedule: string): number {
  const [, , dayOfMonth, month, dayOfWeek] = schedule.trim().split(/\s+/);
  const isAny = (field: string | undefined) => field === '*' || field === '*/1';
  if (!isAny(month)) return 366;
  if (!isAny(dayOfMonth) && isAny(dayOfWeek)) return 31;
  return isAny(dayOfWeek) ? 1 : 7;
}

const HOUR_SECONDS = 3_600;

/** When snapshots have failed to be taken: twice the longest time that there may be between two, and an hour. */
export function snapshotOverdueSeconds(schedule: string): number {
  const days = longestGapDays(schedule);
  return (2 * (days > 1 ? 24 * days : longestGapHours(schedule)) + 1) * HOUR_SECONDS;
}

/** Of a schedule that names no days. */
function longestGapHours(schedule: string): number {
  const [, hour = ''] = schedule.trim().split(/\s+/);
  const [, step = '1'] = /^\*(?:\/(\d+))?$/.exec(hour) ?? [undefined, '24'];
  return Math.min(24, Number(step));
}

/** The minute of an hour, or of an hour each night, for something that is not to begin in all registries at once. */
export function minuteOf(key: string): number {
  return Number.parseInt(contentHash(key).slice(0, 6), 16) % 60;
}

/** A range that ends before it begins, such as 5-1; undefined where there is none. */
export function reversedRange(schedule: string): string | undefined {
  return schedule.split(/[\s,/]+/).find((item) => {
    const [, from, to] = /^(\d+)-(\d+)$/.exec(item) ?? [];
    return from !== undefined && Number(from) > Number(to);
  });
}
