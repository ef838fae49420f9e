import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The address cannot be listened on. */
export class CannotListen extends Error {
  override readonly name = 'CannotListen';
}

export function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      reject(new CannotListen(`cannot listen on ${host}:${port}: ${error.message}`, { cause: error }));
    };
    server.once('error', fail);
    server.listen(port, host, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

/** Requests under way are finished, up to the deadline. */
export function closeServer(server: Server, deadlineMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), Math.max(0, deadlineMs));
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}

export function urlOf(server: Server): string {
  const { address, port } = server.address() as AddressInfo;
  return urlAt(address, port);
}

export function urlAt(address: string, port: number): string {
  const isAnywhere = address === '0.0.0.0' || address === '::';
  return `http://${isAnywhere ? 'localhost' : address.includes(':') ? `[${address}]` : address}:${port}`;
}
