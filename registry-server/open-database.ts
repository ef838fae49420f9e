import type { Log } from './log.ts';
import { readTls } from './read-tls.ts';
import { hasDatabase, type ServerSettings } from './settings.ts';
import type { Database } from './store/database.ts';
import type { PostgresAddress } from './store/postgres.ts';
import { databases } from './store/table.ts';

/** The database that the settings name: without one, it is in this process. */
export function openDatabase(
  settings: ServerSettings,
  log: Log,
  waitedForConnection?: (seconds: number) => void,
): Database {
  if (!hasDatabase(settings)) return databases.embedded(settings.dataFolder);
  const share = (connections: number) => Math.floor(connections / settings.workers);
  return databases.postgres(
    {
      ...databaseAddress(settings),
      tls: readTls('DATABASE_CA_FILE', settings.databaseTls, settings.databaseCaFile),
      minConnections: share(settings.minConnections),
      maxConnections: share(settings.maxConnections),
      acquireTimeoutMs: settings.acquireTimeoutSeconds * 1000,
      statementTimeoutMs: settings.requestTimeoutSeconds * 1000,
    },
    log,
    waitedForConnection,
  );
}

function databaseAddress(settings: ServerSettings): PostgresAddress {
  const { databaseUrl, databaseHost, databasePort, databaseName, databaseUser, databasePassword } = settings;
  if (databaseUrl !== undefined) return { url: databaseUrl };
  return {
    host: databaseHost ?? '',
    port: databasePort,
    database: databaseName ?? '',
    user: databaseUser ?? '',
    password: databasePassword ?? '',
  };
}
