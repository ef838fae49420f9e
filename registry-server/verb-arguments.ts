import { parseArgs } from 'node:util';

/** What stands behind the command is wrong. */
export class BadArguments extends Error {
  override readonly name = 'BadArguments';
}

type Kind = 'string' | 'strings' | 'boolean';

/** @throws BadArguments for a word that is none of these options */
export function readOptions<T extends Record<string, Kind>>(
  args: readonly string[],
  kinds: T,
): {
  readonly [key in keyof T]?: {
    string: string;
    strings: readonly string[];
    boolean: boolean;
  }[T[key]];
} {
  const options = Object.fromEntries(
    Object.entries(kinds).map(([name, kind]) => [
      name,
      kind === 'boolean'
        ? { type: 'boolean' as const }
        : { type: 'string' as const, multiple: kind === 'strings' },
    ]),
  );
  try {
    return parseArgs({ args: [...args], options }).values as ReturnType<typeof readOptions<T>>;
  } catch (error) {
    throw new BadArguments((error as Error).message, { cause: error });
  }
}
