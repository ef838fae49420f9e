import type { Server } from 'node:net';
import type { Log } from '../log.ts';

const SAID_EVERY_MS = 60_000;

/**
 * Closes connections beyond the most at once. Not by `maxConnections`: that knows nothing of connections that a
 * supervisor hands over.
 */
export function limitConnections(server: Server, most: number, log: Log): void {
  let open = 0;
  let saidAtMs = Number.NEGATIVE_INFINITY;
  server.prependListener('connection', (connection) => {
    open += 1;
    connection.once('close', () => {
      open -= 1;
    });
    if (open <= most) return;
    connection.destroy();
    if (performance.now() - saidAtMs < SAID_EVERY_MS) return;
    saidAtMs = performance.now();
    log.warn('too many connections', { open, most });
  });
}
