import { fieldManager } from '../../operator/kube/cluster.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';

/** A step into an object: a field, or the item of a list that has these keys, or that is this value. */
type Step = { readonly field: string } | { readonly keys: object } | { readonly value: unknown };
export type FieldPath = readonly Step[];

/** Every leaf that the operator holds by server-side apply, as `managedFields` tell it. */
export function ownedFields(object: KubeObject): readonly FieldPath[] {
  const held = object.metadata.managedFields?.find(
    ({ manager, operation, subresource }) =>
      manager === fieldManager && operation === 'Apply' && !subresource,
  );
  return leaves((held?.fieldsV1 ?? {}) as Fields, []);
}

interface Fields {
  readonly [step: string]: Fields;
}

function leaves(fields: Fields, path: FieldPath): readonly FieldPath[] {
  const below = Object.entries(fields).filter(([step]) => step !== '.');
  if (below.length === 0) return [path];
  return below.flatMap(([step, inner]) => leaves(inner, [...path, stepOf(step)]));
}

function stepOf(text: string): Step {
  const rest = text.slice(2);
  if (text.startsWith('f:')) return { field: rest };
  return text.startsWith('k:') ? { keys: JSON.parse(rest) } : { value: JSON.parse(rest) };
}

export function inWords(path: FieldPath): string {
  return path
    .map((step) =>
      'field' in step ? `.${step.field}` : `[${JSON.stringify('keys' in step ? step.keys : step.value)}]`,
    )
    .join('');
}

type Container = Record<string | number, unknown>;

/** Where a leaf is held: its container, and under what; undefined where it is not there. */
function locate(
  object: unknown,
  path: FieldPath,
): { container: Container; key: string | number } | undefined {
  let at: unknown = object;
  for (const [index, step] of path.entries()) {
    if (at === null || typeof at !== 'object') return undefined;
    const key = keyOf(at, step);
    if (key === undefined) return undefined;
    if (index === path.length - 1) return { container: at as Container, key };
    at = (at as Container)[key];
  }
  return undefined;
}

function keyOf(container: object, step: Step): string | number | undefined {
  if ('field' in step) return step.field;
  const isIt = (item: unknown) =>
    'keys' in step
      ? Object.entries(step.keys).every(([key, value]) => (item as Container)?.[key] === value)
      : item === step.value;
  const index = Array.isArray(container) ? container.findIndex(isIt) : -1;
  return index < 0 ? undefined : index;
}

export function readField(object: KubeObject, path: FieldPath): unknown {
  const found = locate(object, path);
  return found?.container[found.key];
}

/** Copies of an object in which one field is another one, or is not there: an API server may refuse some of them. */
export function spoiled(object: KubeObject, path: FieldPath): readonly KubeObject[] {
  return [...others(readField(object, path)), undefined].flatMap((value) => {
    const copy = structuredClone(object);
    const found = locate(copy, path);
    if (found === undefined) return [];
    if (value !== undefined) found.container[found.key] = value;
    else if (Array.isArray(found.container)) found.container.splice(Number(found.key), 1);
    else delete found.container[found.key];
    return [copy];
  });
}

function others(value: unknown): readonly unknown[] {
  if (typeof value === 'boolean') return [!value];
  if (typeof value === 'number') return [value + 1, value - 1];
  if (Array.isArray(value)) return [value.slice(1), [...value, ...value]];
  if (typeof value === 'object') return [{}, { ...value, spoiled: 'spoiled' }];
  if (typeof value !== 'string') return [];
  if (/^\d+[A-Za-z]*$/.test(value)) return [`1${value}`, 'spoiled'];
  return [`${value}x`, Buffer.from('spoiled').toString('base64'), ...words.filter((word) => word !== value)];
}

/** For fields that take one of a few. */
const words = [
  ...[
    'NodePort',
    'ClientIP',
    'UDP',
    'HTTPS',
    'Always',
    'File',
    'Delete',
    'Min',
    'ScheduleAnyway',
    'DoNotSchedule',
  ],
  ...['Unconfined', 'Always', 'OnRootMismatch', 'OnDelete', 'Recreate'],
];
