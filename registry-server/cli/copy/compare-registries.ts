import { keyOf, type RegistryContent } from './registry-content.ts';
import { likeness } from './same-content.ts';

export interface Difference {
  readonly subject: string;
  readonly version: number;
  readonly what: 'missing' | 'id' | 'content' | 'guid' | 'deleted';
  readonly source: string | number | boolean | undefined;
  readonly target: string | number | boolean | undefined;
}

export interface Comparison {
  readonly differences: readonly Difference[];
  /** Versions that are the same JSON, written otherwise: their guids follow from the text, and differ with it. */
  readonly rewritten: number;
  /** Versions that the target has and the source has not. */
  readonly more: number;
}

/** Holds what the target has now against what was read of the source. */
export function compareRegistries(source: RegistryContent, target: RegistryContent): Comparison {
  const differences: Difference[] = [];
  let rewritten = 0;
  let shared = 0;
  for (const [key, one] of source.versions) {
    const { subject, version } = one;
    const other = target.versions.get(key);
    const differs = (
      what: Difference['what'],
      ofSource: Difference['source'],
      ofTarget: Difference['target'],
    ) => differences.push({ subject, version, what, source: ofSource, target: ofTarget });
    if (other === undefined) {
      differs('missing', one.id, undefined);
      continue;
    }
    shared += 1;
    if (one.id !== other.id) differs('id', one.id, other.id);
    if (one.isDeleted !== other.isDeleted) differs('deleted', one.isDeleted, other.isDeleted);
    const like = likeness(one.content, other.content);
    if (like === 'rewritten') rewritten += 1;
    else if (like === 'other') differs('content', one.guid, other.guid);
    else if (one.guid !== undefined && other.guid !== undefined && one.guid !== other.guid)
      differs('guid', one.guid, other.guid);
  }
  return { differences, rewritten, more: target.versions.size - shared };
}

export const isOf = (
  difference: Difference,
  { subject, version }: { readonly subject: string; readonly version?: number },
): boolean => version !== undefined && keyOf(difference) === keyOf({ subject, version });
