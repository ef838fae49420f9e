/** Numbers that come again with the same seed: a failure says which one it had. */
export interface Random {
  readonly seed: number;
  /** A whole number from 0 on, below the limit. */
  below(limit: number): number;
}

/** From TEST_SEED where it is set, so that a failure can be repeated (mulberry32). */
export function seeded(seed = Number(process.env.TEST_SEED ?? Math.floor(Math.random() * 2 ** 31))): Random {
  let state = seed;
  return {
    seed,
    below: (limit) => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
    },
  };
}

export const pick = <T>(random: Random, list: readonly T[]): T => list[random.below(list.length)] as T;

export const chance = (random: Random, oneIn: number): boolean => random.below(oneIn) === 0;

/** How often a generated test is to run: TEST_ROUNDS where it is set, to look longer than a suite can. */
export const roundsOr = (few: number): number => Number(process.env.TEST_ROUNDS ?? few);
