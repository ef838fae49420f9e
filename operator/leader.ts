import type { Health } from './health.ts';
import { isConflict, isForbidden, isNotFound } from './kube/api-error.ts';
import type { Cluster } from './kube/cluster.ts';
import { apiGroup } from './kube/kinds.ts';
import type { KubeObject } from './kube/kubernetes.ts';
import type { Log } from './log.ts';
import { pause } from './pause.ts';
import { microTimeOf } from './time.ts';

/** The times are client-go's: a lease of 15 s, given up by its holder after 10 s without renewal, tried every 2 s. */
export const leaseTimes = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

interface LeaderParts {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly leaseName: string;
  /** Another install that does so has a lease in another namespace, and the two must not both act. */
  readonly watchesAll: boolean;
  readonly identity: string;
  readonly log: Log;
  /** Told after each try whether the API server answered. */
  readonly health: Health;
  readonly times?: typeof leaseTimes;
}

interface Leader {
  readonly holder: string;
  readonly namespace: string;
  /** Whether its lease says for whom it acts; undefined: it is of this install. */
  readonly isMarked?: boolean;
}

interface Seen {
  readonly record: string;
  readonly holder: string | undefined;
  readonly atMs: number;
}

/** On a lease, this annotation says for whom its holder acts. */
const watchesAnnotation = `${apiGroup}/watches`;
const everyNamespace = 'every-namespace';

/** What a try to take or keep the lease has shown. */
type Holder = 'me' | 'another' | 'unknown';

/** A goodbye that takes longer is left out: the lease runs out by itself. */
const releaseTimeoutMs = 5_000;

/**
 * Runs `lead` while this replica holds the Lease, and again each time it gets it back, until `signal` ends it.
 * The signal that `lead` gets is aborted the moment the lease can no longer be trusted: five seconds before another
 * replica may take it, so that two never act at once; and at once when somebody else is seen to hold it.
 */
export async function campaign(
  parts: LeaderParts,
  signal: AbortSignal,
  lead: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { log, identity } = parts;
  const times = parts.times ?? leaseTimes;
  const lease = new LeaseHold(parts, times, signal);
  let lastHolder: string | undefined;
  while (!signal.aborted) {
    const found = await lease.tryBegin();
    if (found !== 'me') {
      // Once for each: it may be a replica of the same install, or one that somebody forgot.
      const leader = found === 'another' ? lease.holder : undefined;
      if (leader !== undefined && leader.holder !== lastHolder)
        log.info('another operator leads', { leader: leader.holder, namespace: leader.namespace, identity });
      lastHolder = leader?.holder ?? lastHolder;
      await pause(times.retryMs * (1 + Math.random() * 0.2), signal);
      continue;
    }
    log.info('leading', { identity });
    const lost = new AbortController();
    const leading = lead(AbortSignal.any([signal, lost.signal]));
    const ended = leading.then(
      () => undefined,
      (error: unknown) => error,
    );
    let isLeading = true;
    void ended.then(() => {
      isLeading = false;
    });
    let renewedMs = performance.now();
    while (isLeading && !signal.aborted) {
      await Promise.race([pause(times.retryMs, signal), ended]);
      if (signal.aborted || !isLeading) break;
      // Counted from before the request: the server's clock for us starts no later than that.
      const askedMs = performance.now();
      const renewal = lease.tryAcquire();
      const holder = await Promise.race([
        renewal,
        pause(renewedMs + times.renewDeadlineMs - askedMs, signal).then((): Holder => 'unknown'),
      ]);
      if (holder === 'another') break;
      if (holder === 'me') renewedMs = askedMs;
      else if (performance.now() - renewedMs >= times.renewDeadlineMs) break;
    }
    lost.abort();
    const error = await ended;
    if (error !== undefined) log.error('leading ended with an error', { error });
    if (signal.aborted) await lease.release();
    else log.warn('lost the lease, waiting for it', { identity });
  }
}

class LeaseHold {
  readonly #parts: LeaderParts;
  readonly #times: typeof leaseTimes;
  readonly #cluster: Cluster;
  readonly #signal: AbortSignal;
  /** The lease as last seen and when, by our own clock: clocks of replicas need not agree. */
  #seen: Seen | undefined;
  /** The leases of other installs as last seen, by their namespaces. */
  readonly #others = new Map<string, Seen>();
  #rival: Leader | undefined;
  #mayList = true;

  constructor(parts: LeaderParts, times: typeof leaseTimes, signal: AbortSignal) {
    this.#parts = parts;
    this.#times = times;
    this.#signal = signal;
    this.#cluster = parts.cluster.fenced(signal);
  }

  /** Who had it when it was seen last, or the lease of another install. */
  get holder(): Leader | undefined {
    const { namespace } = this.#parts;
    return this.#rival ?? (this.#seen?.holder ? { holder: this.#seen.holder, namespace } : undefined);
  }

  /**
   * Takes the lease for one that does not lead yet. Another install has a lease of its own, so this looks for one before it
   * takes its own, and once more when it has it: of two that begin together, at least one sees the other and gives way.
   */
  tryBegin(): Promise<Holder> {
    return this.#tried(async () => {
      if (await this.#hasRival()) return false;
      if (!(await this.#acquire())) return false;
      if (!(await this.#hasRival())) return true;
      await this.release();
      // Those that met once would meet again if both came back at the same time.
      await pause(this.#times.retryMs * 4 * Math.random(), this.#signal);
      return false;
    });
  }

  tryAcquire(): Promise<Holder> {
    return this.#tried(() => this.#acquire());
  }

  async #tried(acquire: () => Promise<boolean>): Promise<Holder> {
    const { health, log } = this.#parts;
    try {
      const holder = (await acquire()) ? 'me' : 'another';
      health.works('lease');
      return holder;
    } catch (error) {
      // Another replica was faster; the next look says which.
      if (isConflict(error)) return 'unknown';
      health.fails('lease', error);
      log.warn('the lease cannot be asked for', { error });
      return 'unknown';
    }
  }

  /** Lets the next replica take over at once instead of after the lease's length. */
  async release(): Promise<void> {
    const cluster = this.#parts.cluster.fenced(AbortSignal.timeout(releaseTimeoutMs));
    try {
      const lease = await cluster.get(this.#object({}));
      if (specOf(lease).holderIdentity !== this.#parts.identity) return;
      await cluster.update({
        ...lease,
        spec: { ...specOf(lease), holderIdentity: '', leaseDurationSeconds: 1 },
      });
    } catch (error) {
      this.#parts.log.warn('the lease could not be released', { error });
    }
  }

  async #hasRival(): Promise<boolean> {
    const { watchesAll, health } = this.#parts;
    this.#rival = watchesAll ? await this.#findRival() : undefined;
    // One of before the mark is that of the version that is being replaced.
    if (this.#rival === undefined || !this.#rival.isMarked) health.works('another install');
    else {
      const { namespace, holder } = this.#rival;
      const words = `the operator in namespace ${namespace} (${holder}) watches every namespace as well; remove one of the two, or give them namespaces of their own (WATCH_NAMESPACES)`;
      health.fails('another install', new Error(words));
    }
    return this.#rival !== undefined;
  }

  /** An install that watches every namespace, and leads. */
  async #findRival(): Promise<Leader | undefined> {
    const { namespace: own, leaseName, log } = this.#parts;
    if (!this.#mayList) return undefined;
    const path = `/apis/coordination.k8s.io/v1/leases?fieldSelector=metadata.name%3D${leaseName}`;
    let leases: readonly KubeObject[];
    try {
      leases = ((await this.#cluster.request('GET', path)) as { items: readonly KubeObject[] }).items;
    } catch (error) {
      if (!isForbidden(error)) throw error;
      this.#mayList = false;
      log.warn('other installs are not looked for: the role of the operator is that of an older version', {
        error,
      });
      return undefined;
    }
    for (const lease of leases) {
      const { namespace = '', annotations } = lease.metadata;
      const isMarked = annotations?.[watchesAnnotation] === everyNamespace;
      // Until there was a mark, those that watch every namespace had it there.
      const isOfAll = isMarked || namespace === 'kube-system';
      if (namespace === own || !isOfAll) continue;
      const seen = sight(lease, this.#others.get(namespace));
      this.#others.set(namespace, seen);
      if (isHeld(lease, seen)) return { holder: seen.holder ?? '', namespace, isMarked };
    }
    return undefined;
  }

  async #acquire(): Promise<boolean> {
    const { identity } = this.#parts;
    const cluster = this.#cluster;
    const now = microTimeOf(Date.now());
    const mine = {
      holderIdentity: identity,
      leaseDurationSeconds: this.#times.leaseMs / 1000,
      renewTime: now,
    };
    let lease: KubeObject;
    try {
      lease = await cluster.get(this.#object({}));
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await cluster.create(this.#object({ ...mine, acquireTime: now, leaseTransitions: 0 }));
      return true;
    }
    const spec = specOf(lease);
    this.#seen = sight(lease, this.#seen);
    const isMine = spec.holderIdentity === identity;
    if (!isMine && isHeld(lease, this.#seen)) return false;
    const taken = isMine
      ? { ...spec, ...mine }
      : { ...spec, ...mine, acquireTime: now, leaseTransitions: (spec.leaseTransitions ?? 0) + 1 };
    // The resource version in `lease` makes this fail when another replica was faster.
    const annotations = { ...lease.metadata.annotations, ...this.#annotations() };
    await cluster.update({ ...lease, metadata: { ...lease.metadata, annotations }, spec: taken });
    return true;
  }

  #object(spec: LeaseSpec): KubeObject {
    const { leaseName, namespace } = this.#parts;
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: leaseName, namespace, annotations: this.#annotations() },
      spec,
    };
  }

  #annotations(): Readonly<Record<string, string>> {
    return { [watchesAnnotation]: this.#parts.watchesAll ? everyNamespace : 'some-namespaces' };
  }
}

/** What is seen of a lease; one that has not changed counts from when it was first seen like this. */
function sight(lease: KubeObject, before: Seen | undefined): Seen {
  const { holderIdentity: holder, renewTime } = specOf(lease);
  const record = `${holder} ${renewTime}`;
  return before?.record === record ? before : { record, holder, atMs: performance.now() };
}

function isHeld(lease: KubeObject, { atMs }: Seen): boolean {
  const { holderIdentity, leaseDurationSeconds = 0 } = specOf(lease);
  return Boolean(holderIdentity) && performance.now() - atMs < leaseDurationSeconds * 1000;
}

function specOf(lease: KubeObject): LeaseSpec {
  return (lease.spec ?? {}) as LeaseSpec;
}
