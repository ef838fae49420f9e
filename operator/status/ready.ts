import type { Observed } from '../observed.ts';
import type { Registry } from '../registry.ts';
import { findCause } from './cause.ts';
import { apiCertificate } from './certificates-ready.ts';
import type { Condition } from './condition.ts';
import { databaseReady } from './database-ready.ts';
import { reconciling } from './reconciling.ts';

/** The registry answered through its Service: `/ready`, and one request of its API. */
export const ready: Condition = (registry, observed) => {
  const { answer } = observed;
  if (answer?.isReady && isOpenAgainstTheSpec(registry, observed)) {
    return {
      status: 'False',
      reason: 'Unlocked',
      message: `spec.auth.mode: "${registry.auth?.mode}", but ${versionOf(answer)} answers requests without credentials; a newer version asks for them`,
    };
  }
  if (answer?.isReady) return { status: 'True', reason: 'Ready', message: `${versionOf(answer)} answers` };
  const database = databaseReady(registry, observed);
  if (database.status === 'False')
    return { status: 'False', reason: 'DatabaseNotReady', message: database.message };
  if (registry.autoscaling === undefined && registry.replicas === 0) {
    return { status: 'False', reason: 'ScaledToZero', message: 'spec.replicas is 0' };
  }
  const cause = findCause(registry, observed, 'server');
  if (cause !== undefined) return { status: 'False', ...cause };
  const certificate = apiCertificate(registry, observed);
  if (certificate?.status === 'False')
    return { status: 'False', reason: certificate.reason, message: certificate.message };
  return answer === undefined
    ? {
        status: 'False',
        reason: 'Starting',
        message: `no server pod is ready yet${observed.unready === undefined ? '' : `: ${observed.unready.cause}`}`,
      }
    : {
        status: 'False',
        reason: 'NotAnswering',
        message: `the server pods are ready, but the Service does not answer: ${answer.words}`,
      };
};

function versionOf({ version }: { readonly version: string | undefined }): string {
  return version === undefined ? 'the registry' : `version ${version}`;
}

/** While pods are replaced, those of before may answer. */
export function isOpenAgainstTheSpec(registry: Registry, observed: Observed): boolean {
  const { answer } = observed;
  const isOpen = registry.auth !== undefined && answer?.isReady === true && !answer.isLocked;
  return isOpen && reconciling(registry, observed).status === 'False';
}
