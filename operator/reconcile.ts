import { isDeepStrictEqual } from 'node:util';
import { type Applied, apply, type Plan, plan } from './apply.ts';
import { names } from './desired/child.ts';
import { unfilledVolumes, withoutUnfilled } from './desired/claim.ts';
import { desired } from './desired/table.ts';
import type { Difference } from './difference.ts';
import { eventsOf, type RegistryEvent, writeEvents } from './events.ts';
import { findHindrance } from './hindrance.ts';
import { issue } from './issue.ts';
import { isNotFound } from './kube/api-error.ts';
import type { Caches } from './kube/cache.ts';
import type { Cluster } from './kube/cluster.ts';
import type { KubeObject } from './kube/kubernetes.ts';
import type { NamedSecrets } from './kube/named-secrets.ts';
import type { ReadWarnings } from './kube/warnings.ts';
import type { Ledger } from './ledger.ts';
import type { Log } from './log.ts';
import { childrenOf, look, observe } from './observe.ts';
import type { Observed, Served } from './observed.ts';
import { overruledInWords } from './overruled-in-words.ts';
import { type Prober, subjectOf, trustOf } from './prober.ts';
import type { Outcome } from './queue.ts';
import type { Defaults, Registry, Status } from './registry.ts';
import { removeUnfilled } from './remove-unfilled.ts';
import { restartCause, rolloutCause } from './rollout.ts';
import { BadSpec, completeSpec } from './spec.ts';
import { isDrillBeingTold } from './status/archive-verified.ts';
import { hinderedStatus, ours, stalledStatus, status, unansweredStatus } from './status/status.ts';
import { timeOf } from './time.ts';
import { mustKnowTables } from './version.ts';
import { mustBeWithinPolicy } from './within-policy.ts';

/** While something is under way the registry is asked often, afterwards now and then. Neither writes. */
const soonMs = 1_000;
const nowAndThenMs = 30_000;

export interface ReconcileParts {
  readonly cluster: Cluster;
  readonly caches: Caches;
  readonly ledger: Ledger;
  readonly defaults: Defaults;
  readonly prober: Prober;
  readonly secrets: Pick<NamedSecrets, 'read' | 'readServiceAccount' | 'readCluster' | 'forget'>;
  readonly warnings: ReadWarnings;
  readonly served: ReadonlySet<Served>;
  readonly identity: string;
  readonly log: Log;
}

/** One run for one registry, from what is there and never from what happened. */
export async function reconcile(parts: ReconcileParts, key: string): Promise<Outcome> {
  const { caches, ledger, defaults, secrets, prober } = parts;
  const [, name = ''] = key.split('/');
  const object = caches.SchemaRegistry.find(key, name);
  if (object === undefined || object.metadata.deletionTimestamp !== undefined) {
    // Its children carry an owner reference: the garbage collector takes them away.
    secrets.forget(key);
    ledger.forget(key);
    prober.forget(key);
    if (object === undefined) for (const cache of Object.values(caches)) cache.forget(key);
    return {};
  }
  const log = parts.log.with({ registry: key });
  const before = object.status ?? {};
  try {
    const registry = completeSpec(object, defaults);
    mustBeWithinPolicy(registry, object.spec);
    mustKnowTables(registry, before);
    const found = await observe(parts, registry);
    const observed = await withRoom(parts, registry, { ...found, ...(await issue(registry, found)) }, log);
    const wanted = desired(registry, observed);
    const { isWritten, written, blocked, overruled } = await carryOut(parts, registry, wanted, observed, log);
    if (isWritten) prober.outdate(key);
    // What was just written counts: the status must not say "as wanted" of objects that are not there yet.
    const now: Observed = { ...observed, ...look(parts, registry), blocked, overruled };
    const subject = subjectOf(now.deployment, now.pods);
    prober.follow(key, { registry, subject, trust: trustOf(registry, now.certificates) });
    const rollout =
      rolloutOf(written, wanted, observed.children, names(registry).config) ?? before.lastRollout;
    // As long as nobody has asked what is there now, all stays as it was said.
    const after = now.isAnswered
      ? status(registry, now, before, rollout)
      : unansweredStatus(before, now.identity, rollout);
    await writeStatus(parts, object, before, after, log);
    await writeEvents(parts.cluster, object, restartsOf(written), parts.identity, log);
    const isCalm = now.isAnswered && isSettled(after) && !isDrillBeingTold(now);
    return { againAfterMs: isCalm ? nowAndThenMs : soonMs };
  } catch (error) {
    if (!(error instanceof BadSpec)) {
      const hindrance = findHindrance(error);
      if (hindrance === undefined) throw error;
      const after = hinderedStatus(hindrance, object.metadata.generation ?? 0, Date.now(), before);
      await writeStatus(parts, object, before, after, log);
      throw error;
    }
    log.warn('the spec cannot be carried out', { message: error.message });
    const after = stalledStatus(error, object.metadata.generation ?? 0, Date.now(), before);
    await writeStatus(parts, object, before, after, log);
    return { againAfterMs: nowAndThenMs };
  }
}

/** The world without volumes that never came to be, where the spec asks for others. */
async function withRoom(
  { cluster, caches }: ReconcileParts,
  registry: Registry,
  observed: Observed,
  log: Log,
): Promise<Observed> {
  const unfilled = unfilledVolumes(registry, observed);
  if (!registry.isPaused) await removeUnfilled(cluster, caches, unfilled, log);
  return withoutUnfilled(observed, unfilled);
}

interface CarriedOut extends Applied {
  /** What others make of our objects, an object in each text. */
  readonly overruled: readonly string[];
}

/** Makes the children as they are wanted; nothing while the registry is paused. */
async function carryOut(
  parts: ReconcileParts,
  registry: Registry,
  wanted: readonly KubeObject[],
  { children }: Observed,
  log: Log,
): Promise<CarriedOut> {
  const planned = (present: readonly KubeObject[]): Plan =>
    registry.isPaused
      ? noChanges
      : plan(wanted, present, registry.uid, (object, found) =>
          parts.ledger.isVain(object, found, Date.now()),
        );
  const changes = planned(children);
  const { isWritten, written, blocked } = await apply({ ...parts, log }, changes);
  // Whether a write was in vain shows in its answer; where there was none, nothing is different.
  const key = `${registry.namespace}/${registry.name}`;
  const { overruled } = isWritten ? planned(childrenOf(parts.caches, key)) : changes;
  return {
    isWritten,
    written,
    overruled: overruled.flatMap((change) => overruledInWords(change) ?? []),
    blocked,
  };
}

const noChanges: Plan = { create: [], update: [], remove: [], overruled: [] };

function isSettled({ conditions = [] }: Status): boolean {
  const is = (type: string) => conditions.find((condition) => condition.type === type)?.status;
  return is('Ready') === 'True' && is('Reconciling') === 'False' && is('Degraded') === 'False';
}

/** Pods are replaced where the API server has counted a change, and not where it took what was sent for what was there. */
const isChanged = ({ before, after }: Applied['written'][number]) =>
  before.metadata.generation !== after.metadata.generation;

function rolloutOf(
  written: Applied['written'],
  wanted: readonly KubeObject[],
  children: readonly KubeObject[],
  configName: string,
): Status['lastRollout'] | undefined {
  const changed = written.find((write) => write.after.kind === 'Deployment' && isChanged(write));
  if (changed === undefined) return undefined;
  const isConfig = ({ kind, metadata }: KubeObject) => kind === 'ConfigMap' && metadata.name === configName;
  const cause = rolloutCause(changed.before, changed.after, {
    before: children.find(isConfig),
    after: wanted.find(isConfig),
  });
  return cause === undefined ? undefined : { time: timeOf(Date.now()), cause };
}

/** PostgreSQL and Redis are one pod each: what replaces it is a restart. */
function restartsOf(written: Applied['written']): readonly RegistryEvent[] {
  return written
    .filter((write) => write.after.kind === 'StatefulSet' && isChanged(write))
    .flatMap(({ before, after }) => {
      const cause = restartCause(before, after);
      const note = `pod ${after.metadata.name}-0 is restarted: ${cause}`;
      return cause === undefined ? [] : [{ type: 'Normal' as const, reason: 'Restarting', note }];
    });
}

async function writeStatus(
  parts: ReconcileParts,
  found: KubeObject,
  before: Status,
  after: Status,
  log: Log,
): Promise<void> {
  const differing = (status: Status): readonly Difference[] => {
    const [wanted, observed] = [ours(after), ours(status)];
    return isDeepStrictEqual(wanted, observed) ? [] : [{ path: ['status'], wanted, observed }];
  };
  const { apiVersion, kind, metadata } = found;
  const { name, namespace } = metadata;
  const object = {
    apiVersion,
    kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    status: after,
  };
  const differences = differing(before);
  if (differences.length === 0 || parts.ledger.isVain(object, differences, Date.now()) !== undefined) return;
  try {
    const answer = await parts.cluster.apply(object, { subresource: 'status' });
    parts.caches.SchemaRegistry.put(answer);
    parts.ledger.wrote(object, differences, differing((answer.status ?? {}) as Status), Date.now());
  } catch (error) {
    if (isNotFound(error)) return;
    throw new Error(`write the status of ${name}`, { cause: error });
  }
  await writeEvents(parts.cluster, found, eventsOf(before, after), parts.identity, log);
}
