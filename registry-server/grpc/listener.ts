import { type AddressInfo, createServer, type Socket } from 'node:net';
import { openTlsServer } from '../listening/certificate.ts';
import { listen, urlAt } from '../listening/listen.ts';
import type { ServerSettings } from '../settings.ts';
import type { GrpcParts, GrpcServer } from './server.ts';

export interface GrpcListener {
  /** host:port, as clients of gRPC take it. */
  readonly address: string;
  /** Takes no new connections from here on; calls under way are finished, up to the deadline. */
  close(deadlineMs: number): Promise<void>;
}

/**
 * Listens at once, and loads what speaks gRPC with the first connection: a registry without such clients never pays for
 * it. Encrypted like the REST API, with the same certificate.
 */
export async function openGrpcListener(settings: ServerSettings, parts: GrpcParts): Promise<GrpcListener> {
  const { grpcPort, host } = settings;
  const connections = new Set<Socket>();
  // One connection carries many calls.
  const most = Math.max(1, Math.floor(settings.maxClients / 4));
  let loading: Promise<GrpcServer> | undefined;
  let server: GrpcServer | undefined;

  // TLS ends with no protocol but h2: others would not know what to say.
  const secure = openTlsServer(
    settings,
    { ALPNProtocols: ['h2'] },
    (connection) => enter(connection),
    parts.log,
  );
  // What hangs up during the handshake is no event.
  secure?.on('tlsClientError', () => {});
  // Connections begin paused: what comes before there is a reader would be lost.
  const listener = createServer({ pauseOnConnect: true, noDelay: true }, take);
  await listen(listener, grpcPort, host);
  const { address, port } = listener.address() as AddressInfo;

  return {
    address: new URL(urlAt(address, port, false)).host,
    async close(deadlineMs) {
      const end = performance.now() + deadlineMs;
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
      secure?.close();
      const loaded = await loading?.catch(() => undefined);
      await loaded?.stop(end - performance.now());
      // What is left are connections that have not said anything.
      for (const connection of connections) connection.destroy();
      await closed;
    },
  };

  async function take(connection: Socket): Promise<void> {
    if (connections.size >= most) {
      connection.destroy();
      return;
    }
    connections.add(connection);
    connection.once('close', () => connections.delete(connection));
    connection.on('error', () => {});
    try {
      server ??= await load();
    } catch (error) {
      parts.log.error('gRPC cannot be loaded', { error: (error as Error).stack });
      connection.destroy();
      return;
    }
    if (connection.destroyed) return;
    if (secure) secure.emit('connection', connection);
    else enter(connection);
    connection.resume();
  }

  function load(): Promise<GrpcServer> {
    loading ??= import('./server.ts').then(({ openGrpcServer }) => openGrpcServer(parts));
    return loading;
  }

  function enter(connection: Socket): void {
    connection.on('error', () => {});
    server?.serve(connection);
  }
}
