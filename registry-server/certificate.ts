import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import { createSecureContext } from 'node:tls';
import type { Log } from './log.ts';
import { BadSettings, type ServerSettings } from './settings.ts';

/** A Secret that is mounted changes without a word from the file system that could be relied on. */
const LOOK_EVERY_MS = 5_000;

export type ApiServer = Server | SecureServer;

interface Pair {
  readonly cert: string;
  readonly key: string;
}

/**
 * A server of the API: HTTPS where the settings name a certificate, else HTTP. Another certificate under the same name is
 * taken up for new connections; one that is no good is told, and the former one stays.
 * @throws BadSettings
 */
export function openApiServer(
  settings: ServerSettings,
  options: ServerOptions,
  listener: RequestListener,
  log: Log,
): ApiServer {
  const { tlsCertFile, tlsKeyFile } = settings;
  if (tlsCertFile === undefined || tlsKeyFile === undefined) return createServer(options, listener);
  const files = [tlsCertFile, tlsKeyFile];
  const read = (): Pair => {
    const pair = { cert: readFileSync(tlsCertFile, 'utf8'), key: readFileSync(tlsKeyFile, 'utf8') };
    createSecureContext(pair);
    return pair;
  };
  let held: Pair;
  try {
    held = read();
  } catch (error) {
    throw new BadSettings(
      `TLS_CERT_FILE and TLS_KEY_FILE: "${tlsCertFile}" and "${tlsKeyFile}" cannot be used: ${(error as Error).message}`,
    );
  }
  const server = createSecureServer({ ...options, ...held, minVersion: 'TLSv1.2' }, listener);
  const look = () => {
    try {
      const found = read();
      if (found.cert === held.cert && found.key === held.key) return;
      held = found;
      server.setSecureContext({ ...found, minVersion: 'TLSv1.2' });
      log.info('another certificate is in use');
    } catch (error) {
      log.warn('the certificate has changed and cannot be used', { cause: (error as Error).message });
    }
  };
  for (const file of files) watchFile(file, { interval: LOOK_EVERY_MS, persistent: false }, look);
  server.once('close', () => {
    for (const file of files) unwatchFile(file, look);
  });
  return server;
}
