import type { Condition } from './condition.ts';

/** What is wrong with the spec itself takes another way: BadSpec, in status.ts. */
export const stalled: Condition = (_registry, { blocked }) =>
  blocked.length === 0
    ? { status: 'False', reason: 'Accepted', message: 'the spec can be carried out' }
    : { status: 'True', reason: 'FieldOfAnother', message: blocked.join('. ') };
