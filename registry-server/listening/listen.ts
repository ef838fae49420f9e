import type { Server } from 'node:http';
import { Server as SecureServer } from 'node:https';
import type { AddressInfo, Server as AnyServer } from 'node:net';

/** The address cannot be listened on. */
export class CannotListen extends Error {
  override readonly name = 'CannotListen';
}

export function listen(server: AnyServer, port: number, host: string): Promise<void> {
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

/** Closes a server, and lets requests under way end, up to the deadline. */
export function closeServer(server: Server | SecureServer, deadlineMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), Math.max(0, deadlineMs));
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}

export function urlOf(server: Server | SecureServer): string {
  const { address, port } = server.address() as AddressInfo;
  return urlAt(address, port, server instanceof SecureServer);
}

export function urlAt(address: string, port: number, isSecure: boolean): string {
  const isAnywhere = address === '0.0.0.0' || address === '::';
  const host = isAnywhere ? 'localhost' : address.includes(':') ? `[${address}]` : address;
  return `${isSecure ? 'https' : 'http'}://${host}:${port}`;
}
