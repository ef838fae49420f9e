import type { ConnectionFlags } from './connection.ts';
import type { Output } from './print.ts';
import type { Effort, RegistryClient } from './registry-client.ts';
import type { Terminal } from './terminal.ts';

export interface VerbArgument {
  /** `<needed>`, `[optional]`, `[several...]` */
  readonly name: string;
  readonly description: string;
}

export interface VerbOption {
  /** `--raw`, `-f, --file <file>`, `--file <file...>` for several. */
  readonly flags: string;
  readonly description: string;
  readonly choices?: readonly string[];
  readonly default?: string;
}

/** What was typed, read by the name of a flag without its dashes. */
export interface Given {
  readonly words: readonly string[];
  readonly connection: ConnectionFlags;
  readonly output: Output;
  isSet(flag: string): boolean;
  text(flag: string): string | undefined;
}

/** All that a verb knows of the world. */
export interface World {
  readonly terminal: Terminal;
  readonly environment: NodeJS.ProcessEnv;
  /** All that can be typed. */
  readonly verbs: readonly Verb[];
  /** Opened when it is first wanted. @throws Problem where nobody said which registry */
  registry(): RegistryClient;
  /**
   * Another registry, or the same with another effort.
   * @param environment holds what is told about it, in the variables of `connection.ts`
   * @throws Problem where nobody said which registry
   */
  open(flags: ConnectionFlags, environment?: NodeJS.ProcessEnv, effort?: Effort): RegistryClient;
  /** From then on an interrupt no longer ends the command, but aborts the signal; a second one ends it. */
  holdInterrupts(): AbortSignal;
}

/** One row of `table.ts`, one file in `verbs/`. */
export interface Verb {
  /** One word, or two for a verb of a group: `config set`. */
  readonly name: string;
  /** A clause without a full stop, for the list. */
  readonly summary: string;
  /** What the list has no room for. */
  readonly details?: string;
  readonly arguments?: readonly VerbArgument[];
  readonly options?: readonly VerbOption[];
  /** Command lines, each with what it does. */
  readonly examples?: readonly (readonly [line: string, what: string])[];
  /** @returns the exit code; 0 where it returns nothing */
  readonly run: (world: World, given: Given) => Promise<number | undefined>;
}
