import type { Log } from '../log.ts';
import { statementFailure } from '../store/statement-failure.ts';
import { toRegistryError } from './to-registry-error.ts';

/** Logs what a client is not told: what PostgreSQL said about a statement, and what nobody expected. */
export function logFailure(log: Log, error: unknown, request: Readonly<Record<string, unknown>>): void {
  const failure = statementFailure(error);
  if (failure) log.error('statement failed', { ...request, ...failure });
  else if (toRegistryError(error).kind === 'INTERNAL')
    log.error('request failed', { ...request, error: error instanceof Error ? error.stack : String(error) });
}
