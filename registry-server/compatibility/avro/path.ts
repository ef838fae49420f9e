/** Where a comparison is; written out only when something is wrong there. */
export interface Path {
  readonly parent: Path | undefined;
  readonly step: string;
}

/** The path of a comparison that starts anew: the Java library does so for the branches of a union. */
export const root: Path = { parent: undefined, step: '' };

export const below = (parent: Path, step: string): Path => ({ parent, step });

/** Of a path that is longer the beginning and the end are shown. */
const maxSteps = 200;

/** Such as `/fields/0/type`. */
export function placeOf(path: Path): string {
  if (path.parent === undefined) return '/';
  const steps: string[] = [];
  for (let at: Path | undefined = path; at !== undefined; at = at.parent) steps.push(at.step);
  if (steps.length > maxSteps) steps.splice(maxSteps / 2, steps.length - maxSteps, '…');
  return steps.reverse().join('/');
}
