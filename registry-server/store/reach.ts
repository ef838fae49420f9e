import { type Out, type Repeatable, StoreUnavailable, sqlState } from './database.ts';
import { tlsFailure } from './tls.ts';

/** Where work on a database may fail: before anything was asked, before the commit that makes it count, or later. */
export type Step = 'connect' | 'prepare' | 'ask';

/** What PostgreSQL itself answers passes; not reaching it, or losing it, is StoreUnavailable. */
export async function reach<T>(step: Step, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error;
    const state = sqlState(error);
    // 08: connection, 53: too many connections, 57P: shutting down, 28 and 3D: wrong user or database,
    // 25006: a standby that takes no writes, 57014: statement timeout
    if (state && !/^(08|53|57P|28|3D|25006|57014)/.test(state)) throw error;
    const { words, reason } = describeOut(error);
    throw new StoreUnavailable(words, { cause: error, reason, repeatable: repeatableAfter(error, step) });
  }
}

/** What waits for a lock or a slot, and what PostgreSQL gave up, would be in the way again. */
function repeatableAfter(error: unknown, step: Step): Repeatable {
  const state = sqlState(error);
  const [cause = error] = error instanceof AggregateError ? error.errors : [error];
  const { code = '', message = '' } = cause as { code?: string; message?: string };
  if (state === '25006') return 'all';
  const isPassing =
    state === undefined
      ? passingCodes.has(code) || passingWords.test(message)
      : /^(08|57P|53300)/.test(state);
  if (!isPassing) return 'none';
  // Nobody knows whether a statement that was asked for, or a commit, came to its end.
  return step === 'ask' ? 'reads' : 'all';
}

/** What a database that moves to another server looks like from outside. */
const passingCodes: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'EAI_AGAIN'],
]);
const passingWords = /^Connection terminated( unexpectedly)?$|connection is closed|not queryable/i;

/** In words, and without what could be secret: no URL, no password. */
export function describeOut(error: unknown): Out {
  if (error instanceof StoreUnavailable) return { words: error.message, reason: error.reason };
  const causes = error instanceof AggregateError ? error.errors : [error];
  const { code, message = '' } = causes[0] as { code?: string; message?: string };
  const known = knownCauses[code ?? ''];
  if (known) return known;
  const tls = tlsFailure(code);
  if (tls !== undefined) return { words: `no safe connection to the database: ${tls}`, reason: 'TlsFailed' };
  if (code === '28000') return refusedByRules(message);
  return { words: wordsOfMessage(code, message), reason: noTls.test(message) ? 'TlsFailed' : 'Unreachable' };
}

export const diskFull: Out = { words: 'the database has no room left on its disk', reason: 'DiskFull' };

export const readOnly: Out = {
  words: 'the database takes no writes: it is a standby, or set to be read only',
  reason: 'ReadOnly',
};

const noTls = /does not support SSL connections/;

const knownCauses: Readonly<Record<string, Out>> = {
  '53100': diskFull,
  '25006': readOnly,
  ECONNREFUSED: { words: 'the database refuses connections', reason: 'Unreachable' },
  ENOTFOUND: { words: "the database's host name is not known", reason: 'HostUnknown' },
  EAI_AGAIN: { words: "the database's host name cannot be looked up", reason: 'HostUnknown' },
  ETIMEDOUT: { words: 'the database does not answer', reason: 'Unreachable' },
  ECONNRESET: { words: 'the database broke off the connection', reason: 'Unreachable' },
  EHOSTUNREACH: { words: 'the database host cannot be reached', reason: 'Unreachable' },
  '28P01': { words: 'the database refuses the user name or password', reason: 'CredentialsRefused' },
  '3D000': { words: 'the database of that name does not exist', reason: 'DatabaseUnknown' },
  '53300': { words: 'the database has no connections left', reason: 'Unreachable' },
  '57P01': { words: 'the database is shutting down', reason: 'Unreachable' },
  '57P03': { words: 'the database is starting up', reason: 'Unreachable' },
  '57014': { words: 'the database gave up the statement at its time limit', reason: 'Unreachable' },
};

/** pg_hba.conf has no line that lets us in; its message tells what kind of connection it saw. */
function refusedByRules(message: string): Out {
  return /no encryption|SSL off/.test(message)
    ? { words: 'the database takes no connection of this user without TLS', reason: 'TlsFailed' }
    : { words: 'the database refuses this user from this address', reason: 'CredentialsRefused' };
}

function wordsOfMessage(code: string | undefined, message: string): string {
  if (noTls.test(message)) return 'the database does not offer TLS';
  if (message.includes('timeout exceeded when trying to connect'))
    return 'no database connection came free in time';
  if (message.includes('timeout')) return 'the database does not answer in time';
  return `the database cannot be used (${code ?? (message || 'query-deadline')})`;
}
