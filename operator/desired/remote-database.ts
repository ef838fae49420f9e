import type { ExternalDatabase, Registry } from '../registry.ts';
import { host } from './child.ts';

/** A PostgreSQL whose credentials somebody else makes, whatever stands behind it. */
export interface RemoteDatabase extends Omit<ExternalDatabase, 'kind' | 'database'> {
  /** undefined: the Secret with the credentials says it, under dbname. */
  readonly database: string | undefined;
  /** The fields of the spec that name its host, its credentials and its authority. */
  readonly fields: { readonly host: string; readonly credentials: string; readonly ca: string };
}

/** undefined: the operator runs it, and makes its credentials. */
export function remoteDatabase(registry: Registry): RemoteDatabase | undefined {
  const { database } = registry;
  if (database.kind === 'managed') return undefined;
  if (database.kind === 'external') {
    const at = 'spec.database.external';
    return {
      ...database,
      fields: {
        host: `${at}.host`,
        credentials: `${at}.credentialsSecretRef`,
        ca: `${at}.tls.caSecretRef`,
      },
    };
  }
  const at = 'spec.database.cnpg';
  const { cluster, credentials, ca, owned } = database;
  return {
    // The Service of CloudNativePG that leads to the primary, one of the names in its certificate.
    host: host(registry, `${cluster}-rw`),
    port: 5432,
    database: database.database,
    credentials,
    tls: { mode: 'VerifyFull', ca },
    fields:
      owned === undefined
        ? {
            host: `${at}.clusterRef`,
            credentials: `${at}.credentialsSecretRef`,
            ca: `${at}.caSecretRef`,
          }
        : { host: at, credentials: at, ca: at },
  };
}
