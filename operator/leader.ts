import { type Cluster, isConflict, isNotFound } from './cluster.ts';
import type { Health } from './health.ts';
import type { KubeObject } from './kubernetes.ts';
import type { Log } from './log.ts';
import { pause } from './pause.ts';
import { microTimeOf } from './time.ts';

/** As client-go: a lease of 15 s, given up by its holder after 10 s without renewal, tried every 2 s. */
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
  readonly identity: string;
  readonly log: Log;
  /** Told after each try whether the API server answered. */
  readonly health: Health;
  readonly times?: typeof leaseTimes;
}

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
  let told: string | undefined;
  while (!signal.aborted) {
    const found = await lease.tryAcquire();
    if (found !== 'me') {
      // Once for each: it may be a replica of the same install, or one that somebody forgot.
      const leader = found === 'another' ? lease.holder : undefined;
      if (leader !== undefined && leader !== told) log.info('another operator leads', { leader, identity });
      told = leader ?? told;
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
  /** The lease as last seen and when, by our own clock: clocks of replicas need not agree. */
  #seen: { record: string; holder: string | undefined; atMs: number } | undefined;

  constructor(parts: LeaderParts, times: typeof leaseTimes, signal: AbortSignal) {
    this.#parts = parts;
    this.#times = times;
    this.#cluster = parts.cluster.fenced(signal);
  }

  /** Who had it when it was seen last. */
  get holder(): string | undefined {
    return this.#seen?.holder;
  }

  async tryAcquire(): Promise<Holder> {
    const { health, log } = this.#parts;
    try {
      const holder = (await this.#acquire()) ? 'me' : 'another';
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
    const record = `${spec.holderIdentity} ${spec.renewTime}`;
    if (this.#seen?.record !== record)
      this.#seen = { record, holder: spec.holderIdentity, atMs: performance.now() };
    const isMine = spec.holderIdentity === identity;
    const heldMs = (spec.leaseDurationSeconds ?? 0) * 1000;
    const isHeld = Boolean(spec.holderIdentity) && performance.now() - this.#seen.atMs < heldMs;
    if (!isMine && isHeld) return false;
    const taken = isMine
      ? { ...spec, ...mine }
      : { ...spec, ...mine, acquireTime: now, leaseTransitions: (spec.leaseTransitions ?? 0) + 1 };
    // The resource version in `lease` makes this fail when another replica was faster.
    await cluster.update({ ...lease, spec: taken });
    return true;
  }

  #object(spec: LeaseSpec): KubeObject {
    const { leaseName, namespace } = this.#parts;
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: leaseName, namespace },
      spec,
    };
  }
}

function specOf(lease: KubeObject): LeaseSpec {
  return (lease.spec ?? {}) as LeaseSpec;
}
