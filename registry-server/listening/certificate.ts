import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';
import {
  createSecureContext,
  createServer as createTlsServer,
  type TlsOptions,
  type Server as TlsServer,
} from 'node:tls';
import type { Log } from '../log.ts';
import { BadSettings, type ServerSettings } from '../settings.ts';
import { followFiles } from '../waiting/follow-files.ts';

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
  let pair: Pair | undefined;
  let server: TlsServer | undefined;
  let end: () => void;
  try {
    end = followFiles({
      files: [tlsCertFile, tlsKeyFile],
      take([cert, key]) {
        const found = { cert: String(cert), key: String(key) };
        createSecureContext(found);
        pair = found;
        server?.setSecureContext({ ...found, minVersion });
      },
      changed: () => log.info('another certificate is in use'),
      failed: (cause) => log.warn('the certificate has changed and cannot be used', { cause }),
    });
  } catch (error) {
    throw new BadSettings(
      `TLS_CERT_FILE and TLS_KEY_FILE: "${tlsCertFile}" and "${tlsKeyFile}" cannot be used: ${(error as Error).message}`,
    );
  }
  return { first: { ...pair, minVersion } as const, follow };

  function follow<T extends TlsServer>(given: T): T {
    server = given;
    server.once('close', end);
    return given;
  }
}
