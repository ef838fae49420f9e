import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export interface Listener extends AsyncDisposable {
  readonly port: number;
}

/**
 * A small server for probes and metrics: GET of the given paths, 404 for the rest.
 * @param setting which names the port
 * @throws Error where it cannot be listened on
 */
export async function openListener(
  setting: string,
  port: number,
  paths: Readonly<Record<string, () => Answer | Promise<Answer>>>,
): Promise<Listener> {
  const server: Server = createServer((request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    const answer = Object.hasOwn(paths, path) ? paths[path] : undefined;
    Promise.resolve()
      .then(() => answer?.() ?? { status: 404, type: 'text/plain', body: 'not found\n' })
      .then(
        ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
        (error: unknown) => response.writeHead(500).end(`${(error as Error).message}\n`),
      );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new Error(`${setting}: port ${port} cannot be listened on`, { cause })),
    );
    server.listen(port, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
