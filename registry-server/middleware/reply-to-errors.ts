import type { Middleware } from 'koa';
import { RegistryError } from '../errors.ts';
import type { Log } from '../log.ts';
import { StoreUnavailable, sqlState } from '../store/database.ts';
import { statementFailure } from '../store/statement-failure.ts';
import { mediaTypes } from './negotiate.ts';

/** Turns what is thrown, and what no route took, into Confluent's error bodies. */
export function replyToErrors(log: Log): Middleware {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.body !== undefined) return;
      if (ctx.status === 404) throw new RegistryError('NO_SUCH_PATH');
      if (ctx.status === 405 || ctx.status === 501) throw new RegistryError('METHOD_NOT_ALLOWED');
    } catch (error) {
      const reply = toRegistryError(error);
      logFailure(log, error, { requestId: ctx.state.requestId, method: ctx.method, path: ctx.path });
      ctx.status = reply.status;
      // The rest of its body is not read.
      if (reply.kind === 'OVERLOADED') ctx.set({ Connection: 'close', 'Retry-After': '1' });
      if (!ctx.response.get('Content-Type')) ctx.set('Content-Type', mediaTypes[0]);
      ctx.body = { error_code: reply.code, message: reply.message };
    }
  };
}

/** What a client is not told: what PostgreSQL said about a statement, and what nobody expected. */
export function logFailure(log: Log, error: unknown, request: Readonly<Record<string, unknown>>): void {
  const failure = statementFailure(error);
  if (failure) log.error('statement failed', { ...request, ...failure });
  else if (toRegistryError(error).kind === 'INTERNAL')
    log.error('request failed', { ...request, error: error instanceof Error ? error.stack : String(error) });
}

/** Failures of statements that a client has brought about, by their SQLSTATE. */
const wordsOfState: Readonly<Record<string, string>> = {
  '22003':
    'no number is left: the id or version 2147483647 has been imported, and the next would be higher; register in another context, or under another subject',
};

/** What a client is told of it; nothing of what goes on inside. */
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
