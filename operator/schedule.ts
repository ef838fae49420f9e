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
