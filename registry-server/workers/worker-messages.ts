import { readChange } from '../store/read-change.ts';
import type { Change } from '../store/store.ts';

/** What a worker says to the process that supervises it. */
export type FromWorker =
  /** Its store is up to date. */
  | { readonly kind: 'prepared' }
  /** It wrote this; its own caches have dropped it. */
  | { readonly kind: 'changed'; readonly round: number; readonly changes: readonly Change[] }
  /** Its caches have dropped what another worker wrote. */
  | { readonly kind: 'dropped'; readonly by: number; readonly round: number }
  | { readonly kind: 'answered'; readonly asked: number; readonly answer: unknown };

/** What the supervisor says to a worker. */
export type ToWorker =
  | { readonly kind: 'serve' }
  | {
      readonly kind: 'drop';
      readonly by: number;
      readonly round: number;
      readonly changes: readonly Change[];
    }
  /** All others have dropped what it wrote in this round. */
  | { readonly kind: 'known'; readonly round: number }
  | { readonly kind: 'ask'; readonly asked: number; readonly about: Question };

/** What a supervisor wants to know of each worker. */
export const questions = ['metrics', 'readiness'] as const;
export type Question = (typeof questions)[number];

/** Undefined when it is none. */
export function readFromWorker(message: unknown): FromWorker | undefined {
  const { kind, round, by, asked, changes, answer } = fieldsOf(message);
  if (kind === 'prepared') return { kind };
  if (kind === 'changed' && isNumber(round)) return { kind, round, changes: readChanges(changes) };
  if (kind === 'dropped' && isNumber(by) && isNumber(round)) return { kind, by, round };
  if (kind === 'answered' && isNumber(asked)) return { kind, asked, answer };
  return undefined;
}

/** Undefined when it is none. */
export function readToWorker(message: unknown): ToWorker | undefined {
  const { kind, round, by, asked, changes, about } = fieldsOf(message);
  if (kind === 'serve') return { kind };
  if (kind === 'drop' && isNumber(by) && isNumber(round)) {
    return { kind, by, round, changes: readChanges(changes) };
  }
  if (kind === 'known' && isNumber(round)) return { kind, round };
  const question = questions.find((name) => name === about);
  if (kind === 'ask' && isNumber(asked) && question !== undefined) return { kind, asked, about: question };
  return undefined;
}

function readChanges(changes: unknown): readonly Change[] {
  return Array.isArray(changes) ? changes.map(readChange) : [{ anything: true }];
}

function fieldsOf(message: unknown): Readonly<Record<string, unknown>> {
  return typeof message === 'object' && message !== null ? (message as Record<string, unknown>) : {};
}

const isNumber = (value: unknown): value is number => typeof value === 'number';
