/** What `node:http` alone can do: a ready answer to a GET, and to a POST once its body is there. */
import cluster from 'node:cluster';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const body = Buffer.from(process.argv[2] ?? '{}');
const workers = Number(process.argv[3] ?? 1);
const head = { 'Content-Type': 'application/json', 'Content-Length': body.length };

function say(port: number): void {
  console.log(`http://127.0.0.1:${port}`);
}

if (workers > 1 && cluster.isPrimary) {
  let missing = workers;
  cluster.on('listening', (_worker, { port }) => {
    missing -= 1;
    if (missing === 0) say(port);
  });
  for (let started = 0; started < workers; started += 1) cluster.fork();
  process.once('SIGTERM', () => process.exit());
} else {
  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      response.writeHead(200, head).end(body);
      return;
    }
    request.resume().once('end', () => response.writeHead(200, head).end(body));
  });
  server.listen(0, '127.0.0.1', () => {
    if (cluster.isPrimary) say((server.address() as AddressInfo).port);
  });
}
