/** One environment variable. `parse` throws with what would be right. */
export interface Setting<T> {
  readonly name: string;
  readonly default: string | undefined;
  readonly parse: (text: string) => T;
  readonly description: string;
  /** Never shown, not even when it is wrong. */
  readonly isSecret?: boolean;
}

export function setting<T, D extends string | undefined>(
  name: string,
  defaultText: D,
  parse: (text: string) => T,
  description: string,
  isSecret?: boolean,
): Setting<D extends string ? T : T | undefined> {
  return { name, default: defaultText, parse, description, isSecret } as Setting<
    D extends string ? T : T | undefined
  >;
}
