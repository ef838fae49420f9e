import { expect } from 'chai';
import { expired } from '../../../../registry-server/store/archive/snapshots/keep.ts';

const at = (...times: string[]) => times.map((time) => ({ time: new Date(`${time}Z`) }));
const kept = (all: ReturnType<typeof at>, gone: readonly { time: Date }[]) =>
  all.filter((one) => !gone.includes(one)).map(({ time }) => time.toISOString().slice(0, 16));

describe('which snapshots are kept', () => {
  it('are the newest of each hour, day and week, as many as there are to be', () => {
    const all = at(
      '2026-11-08T10:00',
      '2026-11-15T23:59',
      '2026-11-16T00:00',
      '2026-11-22T12:00',
      '2026-11-24T09:00',
      '2026-11-25T08:00',
      '2026-11-25T21:00',
      '2026-11-26T20:05',
      '2026-11-26T20:55',
      '2026-11-26T21:10',
    );
    expect(kept(all, expired(all, { hourly: 2, daily: 0, weekly: 0 }))).to.deep.equal([
      '2026-11-26T20:55',
      '2026-11-26T21:10',
    ]);
    expect(kept(all, expired(all, { hourly: 0, daily: 3, weekly: 0 }))).to.deep.equal([
      '2026-11-24T09:00',
      '2026-11-25T21:00',
      '2026-11-26T21:10',
    ]);
    // The 15th is the Sunday of its week.
    expect(kept(all, expired(all, { hourly: 0, daily: 0, weekly: 3 }))).to.deep.equal([
      '2026-11-15T23:59',
      '2026-11-22T12:00',
      '2026-11-26T21:10',
    ]);
  });

  it('are not fewer for time in which none were taken, and the newest always', () => {
    const all = at('2026-01-01T00:00', '2026-03-01T00:00', '2026-11-26T00:00');
    expect(expired(all, { hourly: 3, daily: 0, weekly: 0 })).to.deep.equal([]);
    expect(kept(all, expired(all, { hourly: 0, daily: 0, weekly: 0 }))).to.deep.equal(['2026-11-26T00:00']);
  });
});
