import type { Condition } from './condition.ts';

export const paused: Condition = ({ isPaused }) =>
  isPaused
    ? {
        status: 'True',
        reason: 'Paused',
        message: 'spec.paused is true; nothing is changed until it is false',
      }
    : { status: 'False', reason: 'Running', message: 'changes are carried out' };
