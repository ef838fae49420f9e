import type { Observed } from '../observed.ts';
import type { Registry } from '../registry.ts';
import { causeOf } from './cause.ts';
import { apiCertificate } from './certificates-ready.ts';
import { type Condition, chain, type Find, type Judge, type Verdict } from './condition.ts';
import { databaseReady } from './database-ready.ts';
import { reconciling } from './reconciling.ts';

type Cause = Judge<Verdict | undefined>;

const open: Cause = (registry, observed, find) =>
  find(isOpenAgainstTheSpec)
    ? {
        status: 'False',
        reason: 'Unlocked',
        message: `spec.auth.mode: "${registry.auth?.mode}", but ${versionOf(observed)} answers requests without credentials; a newer version asks for them`,
      }
    : undefined;

const answering: Cause = (_registry, observed) =>
  observed.answer?.isReady
    ? { status: 'True', reason: 'Ready', message: `${versionOf(observed)} answers` }
    : undefined;

const withoutDatabase: Cause = (_registry, _observed, find) => {
  const { status, message } = find(databaseReady);
  return status === 'False' ? { status, reason: 'DatabaseNotReady', message } : undefined;
};

const scaledToZero: Cause = ({ autoscaling, replicas }) =>
  autoscaling === undefined && replicas === 0
    ? { status: 'False', reason: 'ScaledToZero', message: 'spec.replicas is 0' }
    : undefined;

const podsHeldUp: Cause = (_registry, _observed, find) => {
  const cause = find(causeOf.server);
  return cause && { status: 'False', ...cause };
};

const withoutCertificate: Cause = (_registry, _observed, find) => {
  const certificate = find(apiCertificate);
  return certificate?.status === 'False' ? certificate : undefined;
};

const starting: Cause = (_registry, { answer, unready }) =>
  answer === undefined
    ? {
        status: 'False',
        reason: 'Starting',
        message: `no server pod is ready yet${unready === undefined ? '' : `: ${unready.cause}`}`,
      }
    : undefined;

const notAnswering: Condition = (_registry, { answer }) => ({
  status: 'False',
  reason: 'NotAnswering',
  message: `the server pods are ready, but the Service does not answer: ${wordsOf(answer)}`,
});

/** The registry answered through its Service: `/ready`, and one request of its API. */
export const ready: Condition = chain(
  [open, answering, withoutDatabase, scaledToZero, podsHeldUp, withoutCertificate, starting],
  notAnswering,
);

function wordsOf(answer: Observed['answer']): string {
  return answer === undefined || answer.isReady ? '' : answer.words;
}

function versionOf({ answer }: Observed): string {
  const version = answer?.isReady ? answer.version : undefined;
  return version === undefined ? 'the registry' : `version ${version}`;
}

/** While pods are replaced, those of before may answer. */
export function isOpenAgainstTheSpec(registry: Registry, { answer }: Observed, find: Find): boolean {
  const isOpen = registry.auth !== undefined && answer?.isReady === true && !answer.isLocked;
  return isOpen && find(reconciling).status === 'False';
}
