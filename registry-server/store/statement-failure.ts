import { sqlState } from './database.ts';

/** What PostgreSQL said about a statement, as far as a log may hold it. */
export type StatementFailure = {
  /** Five characters, from PostgreSQL's table of error codes. */
  readonly sqlState: string;
  readonly message: string;
  readonly table?: string | undefined;
  readonly column?: string | undefined;
  readonly constraint?: string | undefined;
};

// Classes whose messages quote values: wrong data, and what triggers and functions of others say. In those of all others
// quotes are around names.
const quotesValues = /^(21|22|38|39|44|HV|P0)/;
const MAX_CHARACTERS = 500;

/**
 * Of an error, or of what caused it; undefined where PostgreSQL said nothing. Neither details nor hints, which repeat whole
 * rows, nor what stands in quotes where it may be a value.
 */
export function statementFailure(error: unknown): StatementFailure | undefined {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 8; cause = cause.cause, depth += 1) {
    const state = sqlState(cause);
    if (state === undefined) continue;
    const { table, column, constraint } = cause as Error & Record<'table' | 'column' | 'constraint', unknown>;
    return {
      sqlState: state,
      message: readable(cause.message, state),
      table: nameOf(table),
      column: nameOf(column),
      constraint: nameOf(constraint),
    };
  }
  return undefined;
}

function readable(message: string, state: string): string {
  // PostgreSQL speaks many languages, and each has its quotes.
  const shown = quotesValues.test(state) ? message.replace(/["'«»„“”‘’‹›`「『].*/su, '…') : message;
  return shown.length > MAX_CHARACTERS ? `${shown.slice(0, MAX_CHARACTERS)}…` : shown;
}

function nameOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
