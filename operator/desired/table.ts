import type { KubeObject } from '../kube/kubernetes.ts';
import type { Observed } from '../observed.ts';
import type { Registry } from '../registry.ts';
import { adminKey } from './auth.ts';
import { autoscaler } from './autoscaler.ts';
import {
  authorityBundle,
  authoritySecret,
  certificate,
  postgresTls,
  redisTls,
  serverTls,
} from './certificates.ts';
import type { Child } from './child.ts';
import { cnpgCluster, cnpgPolicy } from './cnpg.ts';
import { configMap } from './config-map.ts';
import { postgresCredentials, redisCredentials } from './credentials.ts';
import { dashboard } from './dashboard.ts';
import { deployment } from './deployment.ts';
import { disruptionBudget, postgresBudget, redisBudget } from './disruption-budget.ts';
import { drill } from './drill.ts';
import { backendTls, grpcRoute, httpRoute } from './gateway.ts';
import { hashKey } from './hash-key.ts';
import { identity } from './identity.ts';
import { grpcIngress, ingress } from './ingress.ts';
import { drillPolicy, postgresPolicy, redisPolicy, serverPolicy } from './network-policy.ts';
import { postgres, postgresClaim, postgresConfig } from './postgres.ts';
import { prometheusRule } from './prometheus-rule.ts';
import { redis, redisClaim, redisConfig } from './redis.ts';
import { headlessService, metricsService, postgresService, redisService, service } from './service.ts';
import { serviceAccount } from './service-account.ts';
import { serviceMonitor } from './service-monitor.ts';

/** The children, in the order they are applied: what others refer to first, then database, cache and server. */
export const children = {
  serviceAccount,
  configMap,
  identity,
  authoritySecret,
  authorityBundle,
  certificate,
  serverTls,
  postgresTls,
  redisTls,
  serverPolicy,
  postgresPolicy,
  cnpgPolicy,
  redisPolicy,
  drillPolicy,
  postgresCredentials,
  redisCredentials,
  adminKey,
  hashKey,
  postgresConfig,
  postgresService,
  postgres,
  postgresClaim,
  cnpgCluster,
  redisConfig,
  redisService,
  redis,
  redisClaim,
  service,
  metricsService,
  headlessService,
  ingress,
  grpcIngress,
  backendTls,
  httpRoute,
  grpcRoute,
  deployment,
  drill,
  disruptionBudget,
  postgresBudget,
  redisBudget,
  autoscaler,
  serviceMonitor,
  prometheusRule,
  dashboard,
} as const satisfies Record<string, Child>;

export function desired(registry: Registry, observed: Observed): readonly KubeObject[] {
  return Object.values(children).flatMap((child) => child(registry, observed) ?? []);
}
