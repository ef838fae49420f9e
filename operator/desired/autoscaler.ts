import { kinds } from '../kinds.ts';
import { type Child, meta, names } from './child.ts';

export const autoscaler: Child = (registry) => {
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
      ],
      behavior: {
        scaleDown: {
          stabilizationWindowSeconds: 300,
          selectPolicy: 'Min',
          policies: [
            { type: 'Percent', value: 50, periodSeconds: 60 },
            { type: 'Pods', value: 2, periodSeconds: 60 },
          ],
        },
        scaleUp: {
          stabilizationWindowSeconds: 0,
          selectPolicy: 'Max',
          policies: [
            { type: 'Percent', value: 100, periodSeconds: 30 },
            { type: 'Pods', value: 4, periodSeconds: 30 },
          ],
        },
      },
    },
  };
};

function utilization(name: 'cpu' | 'memory', averageUtilization: number) {
  return { type: 'Resource', resource: { name, target: { type: 'Utilization', averageUtilization } } };
}
