/**
 * What to do with an empty database beside an archive: leave it to a person, bring the registry back, or bring back what
 * is whole of it.
 */
export const restores = ['Never', 'WhenEmpty', 'Partial'] as const;
export type Restore = (typeof restores)[number];
