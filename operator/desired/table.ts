import type { KubeObject } from '../kubernetes.ts';
import type { Registry } from '../spec.ts';
import { autoscaler } from './autoscaler.ts';
import type { Child, Observed } from './child.ts';
import { configMap } from './config-map.ts';
import { postgresCredentials, redisCredentials } from './credentials.ts';
import { deployment } from './deployment.ts';
import { disruptionBudget } from './disruption-budget.ts';
import { postgres, postgresClaim, postgresConfig } from './postgres.ts';
import { redis, redisClaim, redisConfig } from './redis.ts';
import { metricsService, postgresService, redisService, service } from './service.ts';
import { serviceAccount } from './service-account.ts';

/** The children, in the order they are applied: what others refer to first, then database, cache and server. */
export const children = {
  serviceAccount,
  configMap,
  postgresCredentials,
  redisCredentials,
  postgresConfig,
  postgresService,
  postgres,
  postgresClaim,
  redisConfig,
  redisService,
  redis,
  redisClaim,
  service,
  metricsService,
  deployment,
  disruptionBudget,
  autoscaler,
} as const satisfies Record<string, Child>;

export function desired(registry: Registry, observed: Observed): readonly KubeObject[] {
  return Object.values(children).flatMap((child) => child(registry, observed) ?? []);
}
