import { RegistryError } from '../errors.ts';
import { StoreUnavailable, sqlState } from '../store/database.ts';

/** Failures of statements that a client has brought about, by their SQLSTATE. */
const wordsOfState: Readonly<Record<string, string>> = {
  '22003':
    'no number is left: the id or version 2147483647 has been imported, and the next would be higher; register in another context, or under another subject',
};

/** What a client is told of an error, which is nothing of what goes on inside. */
export function toRegistryError(error: unknown): RegistryError {
  if (error instanceof RegistryError) return error;
  if (error instanceof StoreUnavailable || sqlState(error) !== undefined) {
    // What PostgreSQL says about a statement is not for clients; the log has it.
    const state = sqlState(error) ?? '';
    const detail =
      error instanceof StoreUnavailable
        ? error.message
        : (wordsOfState[state] ?? `statement failed (${state})`);
    return new RegistryError('STORE_ERROR', { detail }, { cause: error });
  }
  return new RegistryError('INTERNAL', {}, { cause: error });
}
