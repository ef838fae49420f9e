/** The database is there, and must not be served as it is; a person has to do something, or S3 has to come back. */
export abstract class NotServed extends Error {
  /** The same in one word for programs. */
  abstract readonly reason: 'BootstrapFailed' | 'DataLost' | 'DatabaseReplaced';
}

/** The database does not have what the registry had: to serve it would give ids that were given before. */
export class DataLost extends NotServed {
  override readonly name = 'DataLost';
  override readonly reason = 'DataLost';
}

/** The database is that of another registry, or an older copy: what it gives would be given twice. */
export class DatabaseReplaced extends NotServed {
  override readonly name = 'DatabaseReplaced';
  override readonly reason = 'DatabaseReplaced';
}

/** A new registry is to begin with what another one has, and that cannot be had. */
export class BootstrapFailed extends NotServed {
  override readonly name = 'BootstrapFailed';
  override readonly reason = 'BootstrapFailed';
}
