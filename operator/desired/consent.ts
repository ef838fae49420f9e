import { apiGroup } from '../kube/kinds.ts';
import type { KubeObject } from '../kube/kubernetes.ts';

/**
 * On a Secret or a ServiceAccount: the name of the registry that may use it, or `any` for all of the namespace. Who may
 * edit a SchemaRegistry need not be allowed to read Secrets; who may label one is.
 */
export const allowedForLabel = `${apiGroup}/allowed-for`;

/** Whether the owner of an object lets a registry of its namespace use it. */
export function isAllowedFor({ metadata }: KubeObject, registry: { readonly name: string }): boolean {
  const label = metadata.labels?.[allowedForLabel];
  return label === 'any' || label === registry.name;
}

/** Whether an object is one that the registry's own Cluster of PostgreSQL has brought along: then the registry is its owner. */
export function isOfOwnCluster(object: KubeObject, cluster: KubeObject | undefined): boolean {
  const uid = cluster?.metadata.uid;
  return uid !== undefined && (object.metadata.ownerReferences ?? []).some((owner) => owner.uid === uid);
}

/** The command by which the owner of an object agrees, for an error that asks for it. */
export function consentCommand(kind: string, name: string, registry: { readonly name: string }): string {
  return `kubectl label ${kind} ${name} ${allowedForLabel}=${registry.name}`;
}

/** On a Secret: the hosts that its password may be sent to, with commas between; `*.example.com` is every host below it. */
export const allowedHostsAnnotation = `${apiGroup}/allowed-hosts`;

/** Where a Secret says nothing, it goes where the spec says. */
export function maySendTo({ metadata }: KubeObject, host: string): boolean {
  const listed = metadata.annotations?.[allowedHostsAnnotation];
  if (listed === undefined) return true;
  const asked = host.toLowerCase();
  return listed.split(',').some((text) => {
    const allowed = text.trim().toLowerCase();
    return allowed.startsWith('*.') ? asked.endsWith(allowed.slice(1)) : asked === allowed;
  });
}
