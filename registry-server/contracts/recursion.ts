import type { SchemaRules } from './profile.ts';

/** From one definition to another. */
export interface Reference {
  readonly from: string;
  readonly to: string;
  /** It is below something that may be left out. */
  readonly isOptional: boolean;
  readonly path: string;
}

/** The paths of references that close a circle where none may be; one for each definition at most. */
export function findRecursion(all: readonly Reference[], rule: SchemaRules['recursion']): readonly string[] {
  if (rule === 'keep') return [];
  const references = rule === 'refuse' ? all : all.filter(({ isOptional }) => !isOptional);
  const from = Map.groupBy(references, (reference) => reference.from);
  const state = new Map<string, 'open' | 'done'>();
  const found: string[] = [];
  for (const start of from.keys()) {
    if (state.has(start)) continue;
    // Without recursion: a chain of definitions may be as long as there are any.
    const stack: { readonly name: string; next: number }[] = [{ name: start, next: 0 }];
    state.set(start, 'open');
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const reference = from.get(top.name)?.[top.next++];
      if (reference === undefined) {
        state.set(top.name, 'done');
        stack.pop();
      } else if (state.get(reference.to) === 'open') {
        found.push(reference.path);
      } else if (!state.has(reference.to)) {
        state.set(reference.to, 'open');
        stack.push({ name: reference.to, next: 0 });
      }
    }
  }
  return found;
}
