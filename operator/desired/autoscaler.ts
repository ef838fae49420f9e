import { kinds } from '../kube/kinds.ts';
import type { V2HorizontalPodAutoscalerSpec, V2HPAScalingRules, V2MetricSpec } from '../kube/kubernetes.ts';
import { requestRateMetric } from '../observed.ts';
import { type Child, meta, names } from './child.ts';

export const autoscaler: Child = (registry, { served }) => {
  const { autoscaling } = registry;
  if (autoscaling === undefined) return undefined;
  const { server } = names(registry);
  return {
    ...meta(registry, 'HorizontalPodAutoscaler', 'server', server),
    spec: {
      scaleTargetRef: { apiVersion: kinds.Deployment.apiVersion, kind: 'Deployment', name: server },
      minReplicas: autoscaling.minReplicas,
      maxReplicas: autoscaling.maxReplicas,
      metrics: [
        utilization('cpu', autoscaling.targetCpuPercent),
        utilization('memory', autoscaling.targetMemoryPercent),
        // Asked for what nobody serves, an autoscaler never scales down again.
        ...(autoscaling.requestsPerSecond === undefined || !served.has(requestRateMetric)
          ? []
          : [requestRate(autoscaling.requestsPerSecond)]),
      ],
      behavior: {
        scaleDown: { ...scaleDown, ...autoscaling.behavior.scaleDown },
        scaleUp: { ...scaleUp, ...autoscaling.behavior.scaleUp },
      },
    } satisfies V2HorizontalPodAutoscalerSpec,
  };
};

function utilization(name: 'cpu' | 'memory', averageUtilization: number): V2MetricSpec {
  return { type: 'Resource', resource: { name, target: { type: 'Utilization', averageUtilization } } };
}

function requestRate(averageValue: number): V2MetricSpec {
  return {
    type: 'Pods',
    pods: {
      metric: { name: requestRateMetric },
      target: { type: 'AverageValue', averageValue: String(averageValue) },
    },
  };
}

/** At most half of the pods go in a minute, after five minutes of low load; twice as many may come in half a minute, at once. */
const scaleDown: V2HPAScalingRules = {
  stabilizationWindowSeconds: 300,
  selectPolicy: 'Min',
  policies: [
    { type: 'Percent', value: 50, periodSeconds: 60 },
    { type: 'Pods', value: 2, periodSeconds: 60 },
  ],
};
const scaleUp: V2HPAScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Percent', value: 100, periodSeconds: 30 },
    { type: 'Pods', value: 4, periodSeconds: 30 },
  ],
};
