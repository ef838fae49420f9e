import type { Condition } from './condition.ts';

/** A run that got this far found nothing wrong; BadSpec takes another way, in status.ts. */
export const stalled: Condition = () => ({
  status: 'False',
  reason: 'Accepted',
  message: 'the spec can be carried out',
});
