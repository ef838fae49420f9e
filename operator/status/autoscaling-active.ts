import { requestRateMetric } from '../observed.ts';
import { type Condition, chain, type Judge, type Verdict } from './condition.ts';

type Cause = Judge<Verdict | undefined>;

const disabled: Cause = ({ autoscaling }) =>
  autoscaling === undefined
    ? { status: 'False', reason: 'Disabled', message: 'spec.autoscaling.enabled is false' }
    : undefined;

const scaling: Judge<{ readonly status: string; readonly words: string } | undefined> = (
  _registry,
  { autoscaler },
) => {
  const found = autoscaler?.status?.conditions?.find(({ type }) => type === 'ScalingActive');
  return found && { status: found.status, words: found.message ?? found.reason ?? '' };
};

const starting: Cause = (_registry, _observed, find) =>
  find(scaling) === undefined
    ? { status: 'Unknown', reason: 'Starting', message: 'the autoscaler has not reported yet' }
    : undefined;

const rateNotServed: Cause = ({ autoscaling }, { served }, find) => {
  if (autoscaling?.requestsPerSecond === undefined || served.has(requestRateMetric)) return undefined;
  const status = find(scaling)?.status === 'True' ? 'True' : 'False';
  const message = `the number of replicas follows CPU and memory; spec.autoscaling.requestsPerSecond waits for a metrics API that serves ${requestRateMetric} for pods`;
  return { status, reason: 'RequestRateNotServed', message };
};

const active: Cause = (_registry, _observed, find) =>
  find(scaling)?.status === 'True'
    ? { status: 'True', reason: 'ScalingActive', message: 'the number of replicas follows the load' }
    : undefined;

export const autoscalingActive: Condition = chain(
  [disabled, starting, rateNotServed, active],
  (_registry, _observed, find) => ({
    status: 'False',
    reason: 'ScalingInactive',
    message: withoutNumbers(find(scaling)?.words ?? ''),
  }),
);

/** The autoscaler's words name changing figures; in a status each would be a write. */
function withoutNumbers(message: string): string {
  return message.replace(/\s*\(last error:.*$/s, '').slice(0, 500);
}
