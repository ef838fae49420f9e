import type { Change } from './store/store.ts';

/** What a worker says to the process that supervises it. */
export type FromWorker =
  /** Its store is up to date. */
  | { readonly kind: 'prepared' }
  /** It wrote this; its own caches have dropped it. */
  | { readonly kind: 'changed'; readonly round: number; readonly changes: readonly Change[] }
  /** Its caches have dropped what another worker wrote. */
  | { readonly kind: 'dropped'; readonly by: number; readonly round: number }
  | { readonly kind: 'measured'; readonly asked: number; readonly metrics: unknown };

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
  | { readonly kind: 'measure'; readonly asked: number };
