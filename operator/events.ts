import type { Cluster } from './kube/cluster.ts';
import type { KubeObject } from './kube/kubernetes.ts';
import type { Log } from './log.ts';
import type { Status } from './registry.ts';
import type { Reason } from './status/condition.ts';
import { microTimeOf } from './time.ts';
import { withinBytes } from './within-bytes.ts';

export interface RegistryEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly note: string;
}

/** The API server counts bytes of UTF-8 (its validation of events.k8s.io). */
const MAX_NOTE_BYTES = 1024;
const MAX_INSTANCE_BYTES = 128;
/** The API server takes 253, and a suffix follows. */
const MAX_EVENT_NAME_BYTES = 220;

/** The conditions whose turning a person wants to read in `kubectl describe`, each with the status that is bad. */
const badStatuses: Readonly<Record<string, 'True' | 'False'>> = {
  Ready: 'False',
  Stalled: 'True',
  Degraded: 'True',
  ArchiveVerified: 'False',
  CertificatesReady: 'False',
  RoutesAccepted: 'False',
  Exposed: 'True',
};

/** Pure: what turned between two statuses. */
export function eventsOf(before: Status, after: Status): readonly RegistryEvent[] {
  const events: RegistryEvent[] = [];
  for (const { type, status, reason, message } of after.conditions ?? []) {
    const bad = badStatuses[type];
    const earlier = before.conditions?.find((condition) => condition.type === type);
    if (bad === undefined || earlier?.status === status || (earlier === undefined && type !== 'Stalled'))
      continue;
    if (earlier === undefined && status !== bad) continue;
    events.push({
      type: status === bad ? 'Warning' : 'Normal',
      reason: status === bad ? reason : `${type}${status}`,
      note: message,
    });
  }
  events.push(...eventsOfDatabase(before, after));
  const rollout = after.lastRollout;
  if (rollout?.cause !== undefined && rollout.time !== before.lastRollout?.time) {
    events.push({ type: 'Normal', reason: 'RollingOut', note: `server pods are replaced: ${rollout.cause}` });
  }
  for (const { name, rotated } of after.secrets ?? []) {
    const earlier = before.secrets?.find((secret) => secret.name === name);
    if (earlier === undefined || earlier.rotated === rotated) continue;
    const note = `Secret ${name} has another password; the former one is accepted until every server pod has it`;
    events.push({ type: 'Normal', reason: 'CredentialsRotated', note });
  }
  return events;
}

/** A database that is lost wants a person, though the registry may not have been ready before it was. */
function eventsOfDatabase(before: Status, after: Status): readonly RegistryEvent[] {
  const [earlier, now] = [before, after].map(({ conditions }) =>
    conditions?.find(({ type }) => type === 'DatabaseReady'),
  );
  const events: RegistryEvent[] = [];
  if (now !== undefined && losses.has(now.reason) && now.reason !== earlier?.reason)
    events.push({ type: 'Warning', reason: now.reason, note: now.message });
  const [lost, found] = [before.identity, after.identity];
  if (lost !== undefined && found !== undefined && lost.registryId !== found.registryId) {
    const note = `the database of registry ${lost.registryId} is given up; that of registry ${found.registryId} has taken its place`;
    events.push({ type: 'Warning', reason: 'DataLossAccepted', note });
  }
  return events;
}

const losses: ReadonlySet<string> = new Set<Reason>(['DataLost', 'DatabaseReplaced']);

/** Events are a courtesy: one that cannot be written is logged, and holds nothing up. */
export async function writeEvents(
  cluster: Cluster,
  registry: KubeObject,
  events: readonly RegistryEvent[],
  identity: string,
  log: Log,
): Promise<void> {
  for (const { type, reason, note } of events) {
    const { name, namespace = 'default', uid } = registry.metadata;
    const now = microTimeOf(Date.now());
    try {
      await cluster.create({
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { name: `${withinBytes(name, MAX_EVENT_NAME_BYTES)}.${uniqueSuffix()}`, namespace },
        eventTime: now,
        action: 'Reconcile',
        type,
        reason,
        note: withinBytes(note, MAX_NOTE_BYTES),
        regarding: { apiVersion: registry.apiVersion, kind: registry.kind, name, namespace, uid },
        reportingController: 'llm-schema-registry.io/operator',
        reportingInstance: withinBytes(identity, MAX_INSTANCE_BYTES),
      });
    } catch (error) {
      log.warn('event not written', { reason, error });
    }
  }
}

function uniqueSuffix(): string {
  return `${Date.now().toString(16)}${Math.floor(Math.random() * 2 ** 20).toString(16)}`;
}
