/** A statement with its name: the backends prepare it once per connection. Without one it is planned each time. */
export interface Statement {
  readonly name: string | undefined;
  readonly text: string;
  /** It changes nothing, and may be asked twice. */
  readonly isRead?: boolean;
}

export type Row = Record<string, unknown>;

export interface Connection {
  query<R = Row>(statement: Statement, values?: readonly unknown[]): Promise<readonly R[]>;
  /** Several statements in one text, without values. */
  runScript(text: string): Promise<void>;
}

/** Hears what was notified on a channel, and whether anything could have been missed. */
export interface Listener {
  notified(payload: string): void;
  /** Every notification from now on will be heard. */
  connected(): void;
  lost(): void;
}

export interface PoolUsage {
  readonly open: number;
  readonly idle: number;
  readonly waiting: number;
  readonly max: number;
}

export interface DatabaseStatus {
  readonly kind: 'postgres' | 'embedded';
  readonly version: string;
  /** Why nothing can be written, while what is there can be read; undefined: as far as anybody knows it can. */
  readonly writesOut?: Out | undefined;
}

/** In which statements follow each other. */
export interface Session extends Connection {
  /** Rolled back when `work` throws. */
  transaction<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
}

/** What the SQL store needs of PostgreSQL, wherever it runs. Failures to reach it are StoreUnavailable. */
export interface Database extends Session {
  readonly kind: DatabaseStatus['kind'];
  /**
   * For what is no request: a connection of its own, on which nothing ends a statement or a transaction but the signal.
   * What is under way then is undone.
   */
  unlimited<T>(work: (session: Session) => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Listens until the database is closed, and again after every loss. Call once. */
  listen(channel: string, listener: Listener): void;
  /**
   * Asks outside the pool, so that a busy server does not look like a database that is down.
   * @param look what it has to answer as well, in one row; a table that somebody has locked is let pass
   */
  ping(deadlineMs: number, look?: Statement): Promise<DatabaseStatus & { readonly looked?: Row | undefined }>;
  poolUsage(): PoolUsage;
  close(): Promise<void>;
}

/** Why a store is out, in one word for programs. */
export type OutReason =
  | 'Unreachable'
  | 'HostUnknown'
  | 'CredentialsRefused'
  | 'DatabaseUnknown'
  | 'TlsFailed'
  | 'TablesChanged'
  | 'DiskFull'
  | 'ReadOnly';

/** In words that are fit for clients, and in one for programs. */
export interface Out {
  readonly words: string;
  readonly reason: OutReason;
}

/** What a statement is called where it is counted or traced: never a value of it. */
export function summaryOf(statement: Statement): string {
  return statement.name ?? operationOf(statement);
}

export function operationOf({ text }: Statement): string {
  return /[a-z]+/i.exec(text)?.[0].toUpperCase() ?? '';
}

/** The database cannot be reached, or broke off. Becomes 50001; the message is fit for clients. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
  readonly reason: OutReason;
  readonly repeatable: Repeatable;

  constructor(
    message: string,
    options: {
      readonly cause?: unknown;
      readonly reason?: OutReason;
      readonly repeatable?: Repeatable;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.reason = options.reason ?? 'Unreachable';
    this.repeatable = options.repeatable ?? 'none';
  }
}

/**
 * What may be asked once more, in a moment. `all`: nothing was done of what was asked; `reads`: nobody knows what was
 * done, so only what changes nothing; `none`: the next try would end as this one did.
 */
export type Repeatable = 'all' | 'reads' | 'none';

/** The five-character SQLSTATE of a failed statement, if it is one. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^(?=.*\d)[0-9A-Z]{5}$/.test(code) ? code : undefined;
}
