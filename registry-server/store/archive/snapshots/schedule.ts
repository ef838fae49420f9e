/** When snapshots are due: a cron expression of five fields, in UTC. */
export interface Schedule {
  /** The first time it names that is after this one, to the minute. */
  nextAfter(time: Date): Date;
}

interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly names?: readonly string[];
}

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const fields = [
  { name: 'minute', least: 0, most: 59 },
  { name: 'hour', least: 0, most: 23 },
  { name: 'day of the month', least: 1, most: 31 },
  { name: 'month', least: 1, most: 12, names: months },
  // Sunday is 0 and 7.
  { name: 'day of the week', least: 0, most: 7, names: weekdays },
] as const satisfies readonly Field[];

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** The 29th of February of a year that has one comes within eight. */
const LONGEST_MS = 9 * 366 * DAY_MS;

/**
 * A list of numbers, names, ranges and steps in each field, as `crontab(5)` has it: where both the day of the month and
 * that of the week are given, either will do.
 * @throws Error with what is wrong, and what would be right
 */
export function parseSchedule(text: string): Schedule {
  const words = text.trim().split(/\s+/);
  if (words.length !== fields.length || text.trim() === '') {
    throw new Error(
      'is no cron expression of five fields: minute, hour, day of the month, month, day of the week, such as 0 * * * *',
    );
  }
  const [minutes, hours, days, monthNumbers, weekdayNumbers] = fields.map((field, index) =>
    parseField(words[index] as string, field),
  ) as [Set<number>, Set<number>, Set<number>, Set<number>, Set<number>];
  if (weekdayNumbers.has(7)) weekdayNumbers.add(0);
  const isEither = !words[2]?.startsWith('*') && !words[4]?.startsWith('*');

  function hasDay(time: Date): boolean {
    if (!monthNumbers.has(time.getUTCMonth() + 1)) return false;
    const isOfMonth = days.has(time.getUTCDate());
    const isOfWeek = weekdayNumbers.has(time.getUTCDay());
    return isEither ? isOfMonth || isOfWeek : isOfMonth && isOfWeek;
  }

  function nextAfter(time: Date): Date {
    const last = time.getTime() + LONGEST_MS;
    let at = Math.floor(time.getTime() / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
    while (at <= last) {
      const one = new Date(at);
      if (!hasDay(one)) at = Math.floor(at / DAY_MS) * DAY_MS + DAY_MS;
      else if (hours.has(one.getUTCHours()) && minutes.has(one.getUTCMinutes())) return one;
      else at += MINUTE_MS;
    }
    throw new Error(`names no day that comes, such as the 30th of February`);
  }

  nextAfter(new Date());
  return { nextAfter };
}

function parseField(text: string, { name, least, most, names = [] }: Field): Set<number> {
  const wrong = () =>
    new Error(
      `has "${text}" for the ${name}, which is a number from ${least} to ${most}, *, 1-5, */15 or 1,3`,
    );
  const numberOf = (word: string): number => {
    const named = names.indexOf(word.toUpperCase());
    const number =
      named >= 0 ? named + (names === months ? 1 : 0) : /^\d{1,2}$/.test(word) ? Number(word) : -1;
    if (number < least || number > most) throw wrong();
    return number;
  };
  const found = new Set<number>();
  for (const item of text.split(',')) {
    const [, range = '', from, to, step] = /^(\*|(\w+)(?:-(\w+))?)(?:\/(\d{1,2}))?$/.exec(item) ?? [];
    if (range === '' || step === '0' || step === '00') throw wrong();
    const first = from === undefined ? least : numberOf(from);
    // As in cron: from a number on in steps, to the end.
    const last = to !== undefined ? numberOf(to) : from === undefined || step !== undefined ? most : first;
    if (last < first) throw wrong();
    for (let number = first; number <= last; number += Number(step ?? 1)) found.add(number);
  }
  return found;
}
