import type { ArtifactStore } from '../registry.ts';
import type { Condition } from './condition.ts';

/** What the server says of its archive; nobody else speaks to the bucket. */
export const artifactStoreReady: Condition = ({ artifacts }, { answer }) => {
  if (artifacts === undefined)
    return { status: 'True', reason: 'Disabled', message: 'spec.artifacts names no archive' };
  const archive = answer?.isReady ? answer.checks.archive : undefined;
  const location = locationOf(artifacts);
  if (archive?.status === 'up')
    return { status: 'True', reason: 'Ready', message: `changes are kept in ${location}` };
  if (archive?.status === 'down') {
    const waiting = waitingWords(archive.pending, archive.lagSeconds);
    return {
      status: 'False',
      reason: 'Unreachable',
      message: `${location}: ${archive.cause ?? 'it cannot be written'}${waiting}`,
    };
  }
  return { status: 'Unknown', reason: 'Starting', message: `the server has not written to ${location} yet` };
};

export function locationOf({ bucket, prefix }: ArtifactStore): string {
  return `s3://${bucket}/${prefix.replace(/^\/+|\/+$/g, '')}`;
}

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
