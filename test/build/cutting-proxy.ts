import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * A TCP proxy on loopback whose connections can be cut, or made to go silent, under whoever uses them.
 * @param passes so many connections lead somewhere; those after them are taken, and never answered
 */
export async function openCuttingProxy(
  firstPort: number,
  { passes = Number.POSITIVE_INFINITY }: { readonly passes?: number } = {},
) {
  let targetPort = firstPort;
  const open = new Set<Socket>();
  let taken = 0;
  const server = createServer((client) => {
    taken += 1;
    if (taken > passes) {
      open.add(client);
      client.on('close', () => open.delete(client));
      return;
    }
    const target = connect(targetPort, '127.0.0.1');
    for (const socket of [client, target]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => open.delete(socket));
    }
    client.pipe(target).pipe(client);
    client.on('close', () => target.destroy());
    target.on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => taken,
    /** Where new connections lead. */
    leadTo: (port: number) => {
      targetPort = port;
    },
    /** Nothing passes any more on the connections that are there, and nobody is told. */
    silence: () => {
      for (const socket of open) {
        socket.unpipe();
        socket.pause();
        socket.removeAllListeners('close');
      }
    },
    /** Resets all connections; new ones are taken. */
    cut: () => {
      for (const socket of open) socket.resetAndDestroy();
    },
    close: async () => {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, 'close');
    },
  };
}
