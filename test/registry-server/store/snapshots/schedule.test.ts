import { expect } from 'chai';
import { parseSchedule } from '../../../../registry-server/store/archive/snapshots/schedule.ts';

describe('the schedule of snapshots', () => {
  for (const [expression, after, next] of [
    ['0 * * * *', '2026-11-26T22:00:00', '2026-11-26T23:00'],
    ['0 * * * *', '2026-11-26T21:59:59', '2026-11-26T22:00'],
    ['*/15 * * * *', '2026-11-26T23:50:00', '2026-11-27T00:00'],
    ['30 2 * * *', '2026-12-31T03:00:00', '2027-01-01T02:30'],
    ['0 0 * * SUN', '2026-11-26T00:00:00', '2026-11-29T00:00'],
    ['0 0 * * 7', '2026-11-26T00:00:00', '2026-11-29T00:00'],
    ['0 9-17/4 * * mon-fri', '2026-11-27T17:00:00', '2026-11-30T09:00'],
    ['5,10 1 1 jan,jul *', '2026-02-01T00:00:00', '2026-07-01T01:05'],
    ['0 0 29 2 *', '2026-01-01T00:00:00', '2028-02-29T00:00'],
    // Where both days are given, either will do.
    ['0 0 13 * FRI', '2026-11-26T00:00:00', '2026-11-27T00:00'],
    ['0 0 */2 * FRI', '2026-11-21T00:00:00', '2026-11-27T00:00'],
    ['50/5 3 * * *', '2026-11-26T03:50:00', '2026-11-26T03:55'],
  ] as const) {
    it(`has ${expression} come at ${next} after ${after}`, () => {
      const found = parseSchedule(expression).nextAfter(new Date(`${after}Z`));
      expect(found.toISOString().slice(0, 16)).to.equal(next);
    });
  }

  for (const [expression, words] of [
    ['', 'five fields'],
    ['hourly', 'five fields'],
    ['0 0 * * * *', 'five fields'],
    ['60 * * * *', 'has "60" for the minute, which is a number from 0 to 59'],
    ['0 24 * * *', 'for the hour'],
    ['0 0 0 * *', 'for the day of the month'],
    ['0 0 * foo *', 'has "foo" for the month'],
    ['0 0 * * 8', 'for the day of the week'],
    ['*/0 * * * *', 'has "*/0" for the minute'],
    ['5-1 * * * *', 'has "5-1" for the minute'],
    ['1, * * * *', 'for the minute'],
    ['0 0 30 2 *', 'no day that comes'],
  ] as const) {
    it(`takes "${expression}" for no schedule, and says why`, () => {
      expect(() => parseSchedule(expression)).to.throw(words);
    });
  }
});
