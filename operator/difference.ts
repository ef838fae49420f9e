import { parseQuantity } from './quantity.ts';

/**
 * The path of the first field in which `observed` is not as `wanted`, or undefined where all that is wanted is there.
 * What is in `observed` besides (defaults of the API server, fields of other managers) does not count.
 */
export function findDifference(wanted: unknown, observed: unknown, path = ''): string | undefined {
  if (isEmpty(wanted) && isEmpty(observed)) return undefined;
  if (Array.isArray(wanted)) return Array.isArray(observed) ? listDifference(wanted, observed, path) : path;
  if (wanted !== null && typeof wanted === 'object') {
    if (observed === null || typeof observed !== 'object') return path;
    for (const [key, value] of Object.entries(wanted)) {
      if (value === undefined) continue;
      const found = findDifference(value, (observed as Record<string, unknown>)[key], `${path}.${key}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  return wanted === observed || isSameQuantity(wanted, observed, path) ? undefined : path;
}

/** Lists whose items have a key are maps to server-side apply: others may add to them, in any order. */
function listDifference(
  wanted: readonly unknown[],
  observed: readonly unknown[],
  path: string,
): string | undefined {
  const key = wanted.every((item) => nameOf(item) !== undefined) ? nameOf : undefined;
  if (key === undefined && wanted.length !== observed.length) return path;
  for (const [index, item] of wanted.entries()) {
    const name = key?.(item);
    const other = key === undefined ? observed[index] : observed.find((candidate) => key(candidate) === name);
    const found = findDifference(item, other, `${path}[${name ?? index}]`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** volumeMounts are told apart by where they are mounted: one volume may be mounted twice. */
function nameOf(item: unknown): string | undefined {
  const { mountPath, name } = (item ?? {}) as { mountPath?: unknown; name?: unknown };
  const key = mountPath ?? name;
  return typeof key === 'string' ? key : undefined;
}

/** The API server drops empty maps, lists and strings, and zeros and falses of many fields. */
function isEmpty(value: unknown): boolean {
  if (!value) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** "2000m" comes back as "2". */
function isSameQuantity(wanted: unknown, observed: unknown, path: string): boolean {
  if (!/\.(requests|limits)\.[^.]+$|\.sizeLimit$/.test(path)) return false;
  return parseQuantity(String(wanted)) === parseQuantity(String(observed));
}
