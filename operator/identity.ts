import { names } from './desired/child.ts';
import { dataOf } from './desired/pod.ts';
import type { KubeObject } from './kube/kubernetes.ts';
import type { Answer, Identity, Unready } from './observed.ts';
import type { Registry, Status } from './registry.ts';
import { timeOf } from './time.ts';

/** The file in the ConfigMap, as registry-server/store/identity/identity-file.ts reads it. */
export const identityFile = 'identity.json';

/** So much further has a registry to be before it is noted again, ids and changes alike: a note is a write to the cluster. */
const step = 1_000;
/** However little it has grown, it is noted after this time. */
const noteMs = 10 * 60_000;

interface World {
  readonly children: readonly KubeObject[];
  readonly status: Status | undefined;
  readonly answer: Answer | undefined;
  readonly unready: Unready | undefined;
  readonly nowMs: number;
}

/**
 * What is to be noted: what is, until a server says that there is more, or a person accepts that it is lost. Whoever serves
 * another database changes nothing by that. Pure.
 */
export function identityOf(registry: Registry, world: World): Identity | undefined {
  const { answer, unready, nowMs } = world;
  const known = findNoted(registry, world);
  const isAccepted = known !== undefined && registry.acceptedLoss === known.registryId;
  const seen = answer?.isReady ? servedIdentity(answer, nowMs) : undefined;
  if (seen !== undefined) {
    if (known === undefined) return seen;
    const isSame = seen.registryId === known.registryId;
    if (!isSame) return known.isGivenUp || isAccepted ? seen : known;
    return known.isGivenUp || hasGrown(known, seen, nowMs) ? highest(known, seen) : known;
  }
  const isLost = unready?.reason === 'DataLost' || unready?.reason === 'DatabaseReplaced';
  if (isAccepted && isLost && !known.isGivenUp) return { ...known, isGivenUp: true, noted: timeOf(nowMs) };
  return known;
}

/** What a registry that answers says of its database; undefined where it is too old to say. */
export function servedIdentity(
  { checks }: Extract<Answer, { readonly isReady: true }>,
  nowMs: number,
): Identity | undefined {
  const { registryId, lastId, revision } = checks.database ?? {};
  if (registryId === undefined || lastId === undefined || revision === undefined) return undefined;
  return { registryId, lastId, revision, noted: timeOf(nowMs) };
}

/** The ConfigMap and the status say the same, unless one was not written yet, was put back from a backup, or is gone. */
function findNoted(registry: Registry, { children, status }: World): Identity | undefined {
  const name = names(registry).identity;
  const found = children.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name);
  const [first, second] = [read(dataOf(found)[identityFile]), check(status?.identity)];
  if (first === undefined || second === undefined) return first ?? second;
  return Date.parse(first.noted) >= Date.parse(second.noted) ? first : second;
}

function read(text: string | undefined): Identity | undefined {
  try {
    return check(JSON.parse(text ?? 'null'));
  } catch {
    return undefined;
  }
}

function check(value: unknown): Identity | undefined {
  const { registryId, lastId, revision, noted, isGivenUp } = (value ?? {}) as Partial<Identity>;
  const isWhole =
    typeof registryId === 'string' &&
    Number.isSafeInteger(lastId) &&
    Number.isSafeInteger(revision) &&
    !Number.isNaN(Date.parse(String(noted)));
  if (!isWhole) return undefined;
  const identity = { registryId, lastId, revision, noted } as Identity;
  return isGivenUp === true ? { ...identity, isGivenUp } : identity;
}

function hasGrown(known: Identity, seen: Identity, nowMs: number): boolean {
  const ids = seen.lastId - known.lastId;
  const changes = seen.revision - known.revision;
  const isFirst = known.lastId === 0 && ids > 0;
  const isOld = nowMs - Date.parse(known.noted) >= noteMs;
  return isFirst || ids >= step || changes >= step || (isOld && (ids > 0 || changes > 0));
}

function highest(known: Identity, seen: Identity): Identity {
  return {
    ...seen,
    lastId: Math.max(known.lastId, seen.lastId),
    revision: Math.max(known.revision, seen.revision),
  };
}
