import { isDeepStrictEqual } from 'node:util';
import { type Applied, apply, type Plan, plan } from './apply.ts';
import { names } from './desired/child.ts';
import { unfilledVolumes, withoutUnfilled } from './desired/claim.ts';
import { desired } from './desired/table.ts';
import type { Difference } from './difference.ts';
import { eventsOf, type RegistryEvent, writeEvents } from './events.ts';
import { findHindrance } from './hindrance.ts';
import { isNotFound } from './kube/api-error.ts';
import type { Caches } from './kube/cache.ts';
import type { Cluster } from './kube/cluster.ts';
import type { KubeObject } from './kube/kubernetes.ts';
import type { NamedSecrets } from './kube/named-secrets.ts';
import type { ReadWarnings } from './kube/warnings.ts';
import type { Ledger } from './ledger.ts';
import type { Log } from './log.ts';
import { ask, childrenOf, observe } from './observe.ts';
import type { Observed, Served } from './observed.ts';
import { overruledInWords } from './overruled-in-words.ts';
import type { Probe } from './probe.ts';
import type { Outcome } from './queue.ts';
import type { Defaults, Registry, Status } from './registry.ts';
import { removeUnfilled } from './remove-unfilled.ts';
import { restartCause, rolloutCause } from './rollout.ts';
import { BadSpec, completeSpec } from './spec.ts';
import { hinderedStatus, ours, stalledStatus, status } from './status/status.ts';
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
  readonly probe: Probe;
  readonly secrets: Pick<NamedSecrets, 'read' | 'readServiceAccount' | 'forget'>;
  readonly warnings: ReadWarnings;
  readonly served: ReadonlySet<Served>;
  readonly identity: string;
  readonly log: Log;
}

/**
 * One run for one registry, from what is there and never from what happened.
 * @param whenChanged resolves when something of the registry changed since the last time it was asked for
 */
export async function reconcile(
  parts: ReconcileParts,
  key: string,
  whenChanged: () => Promise<void>,
): Promise<Outcome> {
  const { caches, ledger, defaults, secrets } = parts;
  const [, name = ''] = key.split('/');
  const found = caches.SchemaRegistry.find(key, name);
  if (found === undefined || found.metadata.deletionTimestamp !== undefined) {
    // Its children carry an owner reference: the garbage collector takes them away.
    secrets.forget(key);
    ledger.forget(key);
    if (found === undefined) for (const cache of Object.values(caches)) cache.forget(key);
    return {};
  }
  const log = parts.log.with({ registry: key });
  const before = found.status ?? {};
  try {
    const registry = completeSpec(found, defaults);
    mustBeWithinPolicy(registry, found.spec);
    mustKnowTables(registry, before);
    const { observed, rollout, restarts } = await repairAndAsk(parts, registry, whenChanged, log);
    const after = status(registry, observed, before, rollout ?? before.lastRollout);
    await writeStatus(parts, found, before, after, log);
    await writeEvents(parts.cluster, found, restarts, parts.identity, log);
    return { againAfterMs: isSettled(after) ? nowAndThenMs : soonMs };
  } catch (error) {
    if (!(error instanceof BadSpec)) {
      const hindrance = findHindrance(error);
      if (hindrance === undefined) throw error;
      const after = hinderedStatus(hindrance, found.metadata.generation ?? 0, Date.now(), before);
      await writeStatus(parts, found, before, after, log);
      throw error;
    }
    log.warn('the spec cannot be carried out', { message: error.message });
    const after = stalledStatus(error, found.metadata.generation ?? 0, Date.now(), before);
    await writeStatus(parts, found, before, after, log);
    return { againAfterMs: nowAndThenMs };
  }
}

interface Repaired {
  readonly observed: Observed;
  readonly rollout: Status['lastRollout'] | undefined;
  readonly restarts: readonly RegistryEvent[];
  readonly overruled: readonly string[];
  readonly blocked: readonly string[];
}

/** A registry that does not answer takes its time to be asked, and may be mended by a repair: meanwhile repairs go on. */
async function repairAndAsk(
  parts: ReconcileParts,
  registry: Registry,
  whenChanged: () => Promise<void>,
  log: Log,
): Promise<Repaired> {
  const first = await repair(parts, registry, log);
  const repairs = [first];
  const { observed } = first;
  const answers = ask(parts.probe, registry, observed);
  const isAnswered = () => answers.then(() => true);
  while (!(await Promise.race([isAnswered(), whenChanged().then(() => false)]))) {
    // What another spec wants, or nobody any more, is for the next run.
    if (isCurrent(parts.caches, registry)) repairs.push(await repair(parts, registry, log));
  }
  // What was just written counts: the status must not say "as wanted" of objects that are not there yet.
  const secrets = {
    read: async () => observed.namedSecrets,
    readServiceAccount: async () => observed.serviceAccount,
  };
  const { overruled, blocked } = repairs.at(-1) ?? first;
  const now = await observe({ ...parts, secrets, nowMs: Date.now }, registry, await answers);
  return {
    observed: { ...now, overruled, blocked },
    overruled,
    blocked,
    rollout: repairs.findLast(({ rollout }) => rollout !== undefined)?.rollout,
    restarts: repairs.flatMap(({ restarts }) => restarts),
  };
}

function isCurrent({ SchemaRegistry }: Caches, { namespace, name, uid, generation }: Registry): boolean {
  const { metadata } = SchemaRegistry.find(`${namespace}/${name}`, name) ?? {};
  return metadata?.uid === uid && metadata.generation === generation;
}

async function repair(parts: ReconcileParts, registry: Registry, log: Log): Promise<Repaired> {
  const warnings = async () => new Map<string, string>();
  const found = await observe({ ...parts, warnings, nowMs: Date.now }, registry);
  const unfilled = unfilledVolumes(registry, found);
  if (!registry.isPaused) await removeUnfilled(parts.cluster, parts.caches, unfilled, log);
  const observed = withoutUnfilled(found, unfilled);
  const wanted = desired(registry, observed);
  const planned = (children: readonly KubeObject[]): Plan =>
    registry.isPaused
      ? noChanges
      : plan(wanted, children, registry.uid, (object, found) =>
          parts.ledger.isVain(object, found, Date.now()),
        );
  const changes = planned(observed.children);
  const { written, blocked } = await apply({ ...parts, log }, changes);
  // Whether a write was in vain shows in its answer; where there was none, nothing is different.
  const isWritten = changes.create.length > 0 || changes.update.length > 0;
  const key = `${registry.namespace}/${registry.name}`;
  const { overruled } = isWritten ? planned(childrenOf(parts.caches, key)) : changes;
  return {
    observed,
    rollout: rolloutOf(written, wanted, observed.children, names(registry).config),
    restarts: restartsOf(written),
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
