import { isDeepStrictEqual } from 'node:util';
import type { KubeObject, ManagedFields } from './kube/kubernetes.ts';
import {
  areEverybodys,
  below,
  type Fields,
  managedByOthers,
  mayGetItems,
  type Owners,
  ownersOf,
} from './kube/owners.ts';
import { isSameQuantity } from './quantity.ts';

type Map = Readonly<Record<string, unknown>>;

/** Into an object: a field, an item of a list by its place, or the item that has these keys. */
export type Step = string | number | Map;

export interface Difference {
  readonly path: readonly Step[];
  /** What is wanted of the field; undefined: it is not to be there. */
  readonly wanted: unknown;
  /** What the field is; undefined: it is not there. */
  readonly observed: unknown;
}

/**
 * All fields in which an object is not as wanted: those that are another or missing, and what others have put where all
 * is ours (kube/owners.ts). Defaults of the API server are none, nor is what belongs to others.
 */
export function differences(wanted: KubeObject, observed: KubeObject): readonly Difference[] {
  const found = new Found();
  compare(wanted, observed, [], false, found);
  for (const { fieldsV1 } of managedByOthers(observed))
    findAdded((fieldsV1 ?? {}) as Fields, wanted, observed, ownersOf(wanted.kind), [], found);
  return found.all;
}

/**
 * The path of the first field in which `observed` is not as `wanted`, or undefined where all that is wanted is there.
 * What is in `observed` besides (defaults of the API server, fields of other managers) does not count.
 */
export function findDifference(wanted: unknown, observed: unknown): string | undefined {
  const found = new Found();
  compare(wanted, observed, [], false, found);
  return found.all[0] && inWords(found.all[0].path);
}

/**
 * The path of the first field in which the two differ, where what is in `observed` besides counts too, but for items of others
 * in lists.
 */
export function findAnyDifference(wanted: unknown, observed: unknown): string | undefined {
  const found = new Found();
  compare(wanted, observed, [], true, found);
  return found.all[0] && inWords(found.all[0].path);
}

/** A path in words, such as `.spec.containers[server].image`; what has dots in it stands in brackets. */
export function inWords(path: readonly Step[]): string {
  return path
    .map((step) => {
      if (typeof step === 'string') return /[./]/.test(step) ? `[${step}]` : `.${step}`;
      return `[${typeof step === 'number' ? step : Object.values(step).join('/')}]`;
    })
    .join('');
}

/** The name under which a field was written by whoever holds it. */
export function holderOf(path: readonly Step[], holders: readonly ManagedFields[]): string | undefined {
  return holders.find(({ fieldsV1 }) => covers((fieldsV1 ?? {}) as Fields, path))?.manager;
}

/** A merge patch (RFC 7396) that takes the differences away. Lists are in it as a whole, those of others among the items. */
export function mergePatch(observed: KubeObject, found: readonly Difference[]): KubeObject {
  const target = structuredClone(observed);
  for (const { path, wanted } of found) put(target, path, wanted);
  const { apiVersion, kind, metadata } = observed;
  const change = changeBetween(observed, target) as { readonly metadata?: object };
  const { name, namespace, resourceVersion } = metadata;
  return {
    ...change,
    apiVersion,
    kind,
    metadata: {
      ...change.metadata,
      name,
      ...(namespace === undefined ? {} : { namespace }),
      // A list that somebody has changed meanwhile is not overwritten.
      ...(hasList(change) ? { resourceVersion } : {}),
    },
  } as KubeObject;
}

class Found {
  readonly all: Difference[] = [];
  readonly #paths = new Set<string>();

  add(difference: Difference): void {
    const path = inWords(difference.path);
    if (!this.#paths.has(path)) this.all.push(difference);
    this.#paths.add(path);
  }
}

/** @param isWhole what is there besides counts too */
function compare(
  wanted: unknown,
  observed: unknown,
  path: readonly Step[],
  isWhole: boolean,
  found: Found,
): void {
  if (isEmpty(wanted) && isEmpty(observed)) return;
  if (Array.isArray(wanted)) {
    if (Array.isArray(observed)) compareLists(wanted, observed, path, isWhole, found);
    else found.add({ path, wanted, observed });
    return;
  }
  if (!isMap(wanted)) {
    if (wanted !== observed && !isSameInOtherWords(wanted, observed, path))
      found.add({ path, wanted, observed });
    return;
  }
  if (!isMap(observed)) {
    // A map without values asks for nothing that is missing.
    if (hasValues(wanted)) found.add({ path, wanted, observed });
    return;
  }
  for (const [name, value] of Object.entries(wanted)) {
    if (value === undefined) continue;
    compare(value, observed[name], [...path, name], isWhole || isWholeMap(path, name), found);
  }
  if (!isWhole) return;
  for (const [name, value] of Object.entries(observed))
    if (wanted[name] === undefined && !isEmpty(value))
      found.add({ path: [...path, name], wanted: undefined, observed: value });
}

/**
 * Maps that the API server puts nothing into of its own accord, so that whatever is there besides was added: by one more
 * key a selector finds nothing, and a policy protects nothing.
 */
const wholeMaps = new Set([
  'capabilities',
  'data',
  'labelSelector',
  'matchLabels',
  'namespaceSelector',
  'nodeSelector',
  'podSelector',
  'selector',
]);

const isWholeMap = (path: readonly Step[], name: string) => wholeMaps.has(name) && path[0] !== 'metadata';

function compareLists(
  wanted: readonly unknown[],
  observed: readonly unknown[],
  path: readonly Step[],
  isWhole: boolean,
  found: Found,
): void {
  const keys = keysOf(path, wanted);
  if (keys === undefined && wanted.length !== observed.length) {
    found.add({ path, wanted, observed });
    return;
  }
  for (const [index, item] of wanted.entries()) {
    if (keys === undefined) {
      compare(item, observed[index], [...path, index], isWhole, found);
      continue;
    }
    const step = pickKeys(item, keys);
    const other = observed.find((candidate) => isDeepStrictEqual(pickKeys(candidate, keys), step));
    if (other === undefined) found.add({ path: [...path, step], wanted: item, observed: undefined });
    else compare(item, other, [...path, step], isWhole, found);
  }
}

/** Lists that are maps to server-side apply, by what tells their items apart (`x-kubernetes-list-map-keys`). */
const listKeys: Readonly<Record<string, readonly string[]>> = {
  claims: ['name'],
  conditions: ['type'],
  containers: ['name'],
  env: ['name'],
  ephemeralContainers: ['name'],
  groups: ['name'],
  hostAliases: ['ip'],
  imagePullSecrets: ['name'],
  initContainers: ['name'],
  ownerReferences: ['uid'],
  resourceClaims: ['name'],
  schedulingGates: ['name'],
  secrets: ['name'],
  topologySpreadConstraints: ['topologyKey', 'whenUnsatisfiable'],
  volumeDevices: ['devicePath'],
  volumeMounts: ['mountPath'],
  volumes: ['name'],
};

/** The keys that tell the items of a list apart; undefined where the list is one value. */
function keysOf(path: readonly Step[], wanted: readonly unknown[]): readonly string[] | undefined {
  const field = path.at(-1);
  if (typeof field !== 'string') return undefined;
  if (field === 'ports') {
    if (path.some((step) => step === 'containers' || step === 'initContainers'))
      return ['containerPort', 'protocol'];
    return path.length === 2 ? ['port', 'protocol'] : undefined;
  }
  return wanted.every(isMap) ? listKeys[field] : undefined;
}

function pickKeys(item: unknown, keys: readonly string[]): Map {
  const defaults: Map = { protocol: 'TCP' };
  return Object.fromEntries(keys.map((key) => [key, (item as Map | null)?.[key] ?? defaults[key]]));
}

/** The fields that others hold where all is ours. */
function findAdded(
  fields: Fields,
  wanted: unknown,
  observed: unknown,
  owners: Owners,
  path: readonly Step[],
  found: Found,
): void {
  if (areEverybodys(owners) || observed === undefined) return;
  const inner = Object.entries(fields).filter(([step]) => step !== '.');
  // Held as one value: all that is in it counts.
  if (inner.length === 0) compare(wanted, observed, path, true, found);
  for (const [text, deeper] of inner) {
    const step = stepOf(text);
    const [ours, theirs] = [at(wanted, step), at(observed, step)];
    const deeperOwners = below(owners, typeof step === 'string' ? step : '*');
    if (theirs === undefined || areEverybodys(deeperOwners)) continue;
    if (ours !== undefined && ours !== null)
      findAdded(deeper, ours, theirs, deeperOwners, [...path, step], found);
    else if (!isEmpty(theirs) && !mayGetItems(owners) && !mayGetItems(deeperOwners))
      found.add({ path: [...path, step], wanted: undefined, observed: theirs });
  }
}

function stepOf(text: string): Step {
  if (text.startsWith('f:')) return text.slice(2);
  const value = JSON.parse(text.slice(2)) as unknown;
  // `v:` is an item that is its own key, `i:` a place.
  return isMap(value) ? value : text.startsWith('i:') ? Number(value) : { '': value };
}

function covers(fields: Fields, path: readonly Step[]): boolean {
  const inner = Object.entries(fields).filter(([step]) => step !== '.');
  const [step, ...rest] = path;
  if (step === undefined || inner.length === 0) return true;
  const next = inner.find(([text]) => isDeepStrictEqual(stepOf(text), step));
  return next !== undefined && covers(next[1], rest);
}

function placeOf(container: readonly unknown[], step: Step): number {
  if (typeof step === 'number') return step;
  if (typeof step === 'string') return -1;
  if ('' in step) return container.indexOf(step['']);
  const keys = Object.keys(step);
  return container.findIndex((item) => isDeepStrictEqual(pickKeys(item, keys), step));
}

function at(container: unknown, step: Step): unknown {
  if (Array.isArray(container)) return container[placeOf(container, step)];
  return isMap(container) && typeof step === 'string' ? container[step] : undefined;
}

function put(target: unknown, path: readonly Step[], value: unknown): void {
  const [step, ...rest] = path;
  if (step === undefined || target === null || typeof target !== 'object') return;
  if (rest.length > 0) {
    put(at(target, step), rest, value);
  } else if (Array.isArray(target)) {
    const place = placeOf(target, step);
    if (place < 0) target.push(value);
    else if (value === undefined) target.splice(place, 1);
    else target[place] = value;
  } else if (value === undefined) {
    delete (target as Record<string, unknown>)[String(step)];
  } else {
    (target as Record<string, unknown>)[String(step)] = value;
  }
}

function changeBetween(before: unknown, after: unknown): unknown {
  if (!isMap(before) || !isMap(after)) return after;
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return Object.fromEntries(
    names
      .filter((name) => !isDeepStrictEqual(before[name], after[name]))
      .map((name) => [name, after[name] === undefined ? null : changeBetween(before[name], after[name])]),
  );
}

function hasList(value: unknown): boolean {
  return Array.isArray(value) || (isMap(value) && Object.values(value).some(hasList));
}

const isMap = (value: unknown): value is Map =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const hasValues = (value: unknown): boolean =>
  isMap(value) ? Object.values(value).some((inner) => inner !== undefined) : !isEmpty(value);

/** The API server drops empty maps, lists and strings, and zeros and falses of many fields. */
function isEmpty(value: unknown): boolean {
  if (!value) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** "2000m" comes back as "2", wherever a field takes a quantity. Elsewhere they are two texts. */
function isSameInOtherWords(wanted: unknown, observed: unknown, path: readonly Step[]): boolean {
  const isResource = resourceLists.has(String(path.at(-2)));
  if (path.some((step) => step === 'metadata' || step === 'data')) return false;
  if (!isResource && !quantities.has(path.slice(-2).join('.'))) return false;
  return isSameQuantity(wanted, observed, { isResource });
}

const resourceLists = new Set(['capacity', 'limits', 'overhead', 'requests']);
/** Of an autoscaler they are those of each metric and of a behavior. */
const quantities = new Set([
  'emptyDir.sizeLimit',
  'resourceFieldRef.divisor',
  'scaleDown.tolerance',
  'scaleUp.tolerance',
  'target.averageValue',
  'target.value',
]);
