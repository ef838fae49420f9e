import type { NotServed } from './store/not-served.ts';

/** Why a start takes longer than the database does, in one word for programs. */
export type WaitReason = NotServed['reason'] | 'Restoring';

export type Phase =
  | { readonly is: 'starting'; readonly cause: string; readonly reason?: WaitReason | undefined }
  | { readonly is: 'serving' }
  | { readonly is: 'draining' };

/** Where the server stands between its start and its end. */
export class Lifecycle {
  #phase: Phase = { is: 'starting', cause: 'the server has just started' };
  readonly #listeners: (() => void)[] = [];

  get phase(): Phase {
    return this.#phase;
  }

  /** Why requests cannot be answered yet. */
  waitFor(cause: string, reason?: WaitReason): void {
    if (this.#phase.is === 'starting') this.#phase = { is: 'starting', cause, reason };
  }

  serve(): void {
    if (this.#phase.is === 'starting') this.#turn({ is: 'serving' });
  }

  /** What it has served is there no more. */
  lose(cause: string, reason: WaitReason): void {
    if (this.#phase.is === 'serving') this.#turn({ is: 'starting', cause, reason });
  }

  drain(): void {
    this.#turn({ is: 'draining' });
  }

  /** From one phase to the next. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  #turn(phase: Phase): void {
    this.#phase = phase;
    for (const listener of this.#listeners) listener();
  }
}
