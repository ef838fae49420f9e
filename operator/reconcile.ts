import { isDeepStrictEqual } from 'node:util';
import { apply, type Plan, plan } from './apply.ts';
import type { Caches } from './cache.ts';
import { type Cluster, isNotFound } from './cluster.ts';
import { names, type Served } from './desired/child.ts';
import { desired } from './desired/table.ts';
import { eventsOf, type RegistryEvent, writeEvents } from './events.ts';
import type { KubeObject } from './kubernetes.ts';
import type { Log } from './log.ts';
import type { NamedSecrets } from './named-secrets.ts';
import { observe } from './observe.ts';
import type { Probe } from './probe.ts';
import type { Outcome } from './queue.ts';
import { restartCause, rolloutCause } from './rollout.ts';
import { BadSpec, completeSpec, type Defaults, type Status } from './spec.ts';
import { stalledStatus, status } from './status/status.ts';
import { timeOf } from './time.ts';
import { mustKnowTables } from './version.ts';
import type { ReadWarnings } from './warnings.ts';

/** While something is under way the registry is asked often, afterwards now and then. Neither writes. */
const soonMs = 1_000;
const nowAndThenMs = 30_000;

export interface ReconcileParts {
  readonly cluster: Cluster;
  readonly caches: Caches;
  readonly defaults: Defaults;
  readonly probe: Probe;
  readonly secrets: Pick<NamedSecrets, 'read' | 'forget'>;
  readonly warnings: ReadWarnings;
  readonly served: ReadonlySet<Served>;
  readonly identity: string;
  readonly log: Log;
}

/** One run for one registry, from what is there and never from what happened. */
export async function reconcile(parts: ReconcileParts, key: string): Promise<Outcome> {
  const { cluster, caches, defaults, probe, secrets, served, warnings } = parts;
  const [, name = ''] = key.split('/');
  const found = caches.SchemaRegistry.find(key, name);
  if (found === undefined || found.metadata.deletionTimestamp !== undefined) {
    // Its children carry an owner reference: the garbage collector takes them away.
    secrets.forget(key);
    if (found === undefined) for (const cache of Object.values(caches)) cache.forget(key);
    return {};
  }
  const log = parts.log.with({ registry: key });
  const before = (found.status ?? {}) as Status;
  try {
    const registry = completeSpec(found, defaults);
    mustKnowTables(registry, before);
    // Repairs first: a registry that does not answer takes its time to be asked, and may be mended by them.
    const nobody = { probe: askNobody, warnings: async () => new Map<string, string>() };
    const observed = await observe({ caches, ...nobody, secrets, served, nowMs: Date.now }, registry);
    const wanted = desired(registry, observed);
    const changes = registry.isPaused ? noChanges : plan(wanted, observed.children, registry.uid);
    await apply(cluster, caches, changes, log);
    const rollout =
      rolloutOf(changes, wanted, observed.children, names(registry).config) ?? before.lastRollout;
    // What was just written counts: the status must not say "as wanted" of objects that are not there yet.
    const known = { read: async () => observed.namedSecrets };
    const present = await observe(
      { caches, probe, warnings, secrets: known, served, nowMs: Date.now },
      registry,
    );
    const after = status(registry, present, before, rollout);
    await writeStatus(parts, found, before, after, log);
    await writeEvents(cluster, found, restartsOf(changes), parts.identity, log);
    return { againAfterMs: isSettled(after) ? nowAndThenMs : soonMs };
  } catch (error) {
    if (!(error instanceof BadSpec)) throw error;
    log.warn('the spec cannot be carried out', { message: error.message });
    const after = stalledStatus(error, found.metadata.generation ?? 0, Date.now(), before);
    await writeStatus(parts, found, before, after, log);
    return { againAfterMs: nowAndThenMs };
  }
}

const noChanges: Plan = { create: [], update: [], remove: [] };
const askNobody: Probe = {
  ask: async () => ({ isReady: false, words: 'not asked yet' }),
  askPod: async () => undefined,
};

function isSettled({ conditions = [] }: Status): boolean {
  const is = (type: string) => conditions.find((condition) => condition.type === type)?.status;
  return is('Ready') === 'True' && is('Reconciling') === 'False' && is('Degraded') === 'False';
}

function rolloutOf(
  { update }: Plan,
  wanted: readonly KubeObject[],
  children: readonly KubeObject[],
  configName: string,
): Status['lastRollout'] | undefined {
  const changed = update.find(({ object }) => object.kind === 'Deployment');
  if (changed === undefined) return undefined;
  const isConfig = ({ kind, metadata }: KubeObject) => kind === 'ConfigMap' && metadata.name === configName;
  const cause = rolloutCause(changed.before, changed.object, {
    before: children.find(isConfig),
    after: wanted.find(isConfig),
  });
  return cause === undefined ? undefined : { time: timeOf(Date.now()), cause };
}

/** PostgreSQL and Redis are one pod each: what replaces it is a restart. */
function restartsOf({ update }: Plan): readonly RegistryEvent[] {
  return update
    .filter(({ object }) => object.kind === 'StatefulSet')
    .flatMap(({ before, object }) => {
      const cause = restartCause(before, object);
      const note = `pod ${object.metadata.name}-0 is restarted: ${cause}`;
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
  if (isDeepStrictEqual(before, after)) return;
  const { apiVersion, kind, metadata } = found;
  const { name, namespace } = metadata;
  const object = {
    apiVersion,
    kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    status: after,
  };
  try {
    parts.caches.SchemaRegistry.put(await parts.cluster.apply(object, { subresource: 'status' }));
  } catch (error) {
    if (isNotFound(error)) return;
    throw new Error(`write the status of ${name}`, { cause: error });
  }
  await writeEvents(parts.cluster, found, eventsOf(before, after), parts.identity, log);
}
