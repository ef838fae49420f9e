/** Where a comparison is; written out only when something is wrong there. */
export interface Path {
  readonly parent: Path | undefined;
  readonly step: string;
}

/** The path of a comparison that starts anew: the Java library does so for the branches of a union. */
export const root: Path = { parent: undefined, step: '' };

export const below = (parent: Path, step: string): Path => ({ parent, step });
