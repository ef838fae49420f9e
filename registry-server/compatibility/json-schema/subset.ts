/** Set.isSubsetOf, which the library of the compile target does not have yet. */
export function isSubset(inner: ReadonlySet<string>, outer: ReadonlySet<string>): boolean {
  if (inner.size > outer.size) return false;
  for (const one of inner) if (!outer.has(one)) return false;
  return true;
}
