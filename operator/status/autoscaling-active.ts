import { requestRateMetric } from '../observed.ts';
import type { Condition } from './condition.ts';

export const autoscalingActive: Condition = (registry, { autoscaler, served }) => {
  if (registry.autoscaling === undefined)
    return { status: 'False', reason: 'Disabled', message: 'spec.autoscaling.enabled is false' };
  const active = autoscaler?.status?.conditions?.find(({ type }) => type === 'ScalingActive');
  if (active === undefined)
    return { status: 'Unknown', reason: 'Starting', message: 'the autoscaler has not reported yet' };
  if (registry.autoscaling.requestsPerSecond !== undefined && !served.has(requestRateMetric)) {
    const message = `the number of replicas follows CPU and memory; spec.autoscaling.requestsPerSecond waits for a metrics API that serves ${requestRateMetric} for pods`;
    return { status: active.status === 'True' ? 'True' : 'False', reason: 'RequestRateNotServed', message };
  }
  return active.status === 'True'
    ? { status: 'True', reason: 'ScalingActive', message: 'the number of replicas follows the load' }
    : {
        status: 'False',
        reason: 'ScalingInactive',
        message: withoutNumbers(active.message ?? active.reason ?? ''),
      };
};

/** The autoscaler's words name changing figures; in a status each would be a write. */
function withoutNumbers(message: string): string {
  return message.replace(/\s*\(last error:.*$/s, '').slice(0, 500);
}
