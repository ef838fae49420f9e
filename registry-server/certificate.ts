import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';
import {
  createSecureContext,
  createServer as createTlsServer,
  type TlsOptions,
  type Server as TlsServer,
} from 'node:tls';
import type { Log } from './log.ts';
import { BadSettings, type ServerSettings } from './settings.ts';

/** A Secret that is mounted changes without a word from the file system that could be relied on. */
const LOOK_EVERY_MS = 5_000;
const minVersion = 'TLSv1.2';

export type ApiServer = Server | SecureServer;

interface Pair {
  readonly cert: string;
  readonly key: string;
}

/**
 * A server of the API: HTTPS where the settings name a certificate, else HTTP.
 * @throws BadSettings
 */
export function openApiServer(
  settings: ServerSettings,
  options: ServerOptions,
  listener: RequestListener,
  log: Log,
): ApiServer {
  const certificate = openCertificate(settings, log);
  if (certificate === undefined) return createServer(options, listener);
  return certificate.follow(createSecureServer({ ...options, ...certificate.first }, listener));
}

/**
 * The same for what does not speak HTTP; undefined where the settings name no certificate.
 * @throws BadSettings
 */
export function openTlsServer(
  settings: ServerSettings,
  options: TlsOptions,
  listener: (connection: Socket) => void,
  log: Log,
): TlsServer | undefined {
  const certificate = openCertificate(settings, log);
  return certificate?.follow(createTlsServer({ ...options, ...certificate.first }, listener));
}

/**
 * The certificate that the settings name. Another one under the same name is taken up for new connections; one that is
 * no good is told, and the former one stays.
 */
function openCertificate({ tlsCertFile, tlsKeyFile }: ServerSettings, log: Log) {
  if (tlsCertFile === undefined || tlsKeyFile === undefined) return undefined;
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
  return { first: { ...held, minVersion } as const, follow };

  function follow<T extends TlsServer>(server: T): T {
    const look = () => {
      try {
        const found = read();
        if (found.cert === held.cert && found.key === held.key) return;
        held = found;
        server.setSecureContext({ ...found, minVersion });
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
}
