/** The database does not have what the registry had: to serve it would give ids that were given before. */
export class DataLost extends Error {
  override readonly name = 'DataLost';
}
