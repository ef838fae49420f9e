import { locationOf } from '../object-stores.ts';
import type { Observed } from '../observed.ts';
import type { ArtifactStore } from '../registry.ts';
import { type Condition, chain, type Judge, type Verdict } from './condition.ts';

type Check = Extract<NonNullable<Observed['answer']>, { isReady: true }>['checks']['archive'];

/** A cause that needs an archive, and looks at what the server says of it; nobody else speaks to the bucket. */
const ofArchive =
  (judge: (store: ArtifactStore, check: Check) => Verdict | undefined): Judge<Verdict | undefined> =>
  ({ artifacts }, { answer }) =>
    artifacts && judge(artifacts, answer?.isReady ? answer.checks.archive : undefined);

const snapshotFails = ofArchive((store, check) => {
  if (check?.status !== 'up' || check.snapshotFailure === undefined) return undefined;
  const [last] = check.snapshots ?? [];
  const since = last === undefined ? 'there is none' : `the last one is of ${last.time}`;
  const message = `changes are kept in ${locationOf(store)}, and no snapshot can be taken: ${check.snapshotFailure}; ${since}`;
  return { status: 'False', reason: 'SnapshotFails', message };
});

const written = ofArchive((store, check) =>
  check?.status === 'up'
    ? { status: 'True', reason: 'Ready', message: `changes are kept in ${locationOf(store)}` }
    : undefined,
);

const unreachable = ofArchive((store, check) => {
  if (check?.status !== 'down') return undefined;
  const waiting = waitingWords(check.pending, check.lagSeconds);
  const message = `${locationOf(store)}: ${check.cause ?? 'it cannot be written'}${waiting}`;
  return { status: 'False', reason: 'Unreachable', message };
});

const starting = ofArchive((store) => ({
  status: 'Unknown',
  reason: 'Starting',
  message: `the server has not written to ${locationOf(store)} yet`,
}));

export const artifactStoreReady: Condition = chain([snapshotFails, written, unreachable, starting], () => ({
  status: 'True',
  reason: 'Disabled',
  message: 'spec.artifacts names no archive',
}));

/** What waits, in steps: figures that move with every look would each be a write to the status. */
function waitingWords(pending = 0, lagSeconds = 0): string {
  if (pending === 0) return '';
  const least = 10 ** Math.floor(Math.log10(pending));
  const since = [
    [86_400, 'a day'],
    [3_600, 'an hour'],
    [60, 'a minute'],
  ].find(([seconds]) => lagSeconds >= Number(seconds))?.[1];
  const changes = least === 1 ? 'changes wait' : `${least} changes or more wait`;
  return `; ${changes} in the database${since === undefined ? '' : `, the oldest for ${since} or more`}`;
}
