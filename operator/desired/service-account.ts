import type { V1ServiceAccount } from '../kube/kubernetes.ts';
import { type Child, meta, names } from './child.ts';

/** The server speaks to no API: the account exists so that it has a name of its own in policies and audit logs. */
export const serviceAccount: Child = (registry) =>
  ({
    ...meta(registry, 'ServiceAccount', 'server', names(registry).server),
    automountServiceAccountToken: false,
  }) satisfies V1ServiceAccount;
