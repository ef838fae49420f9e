/** What `node:http` alone can do: a ready answer to a GET, and to a POST once its body is there. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const body = Buffer.from(process.argv[2] ?? '{}');
const head = { 'Content-Type': 'application/json', 'Content-Length': body.length };

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.writeHead(200, head).end(body);
    return;
  }
  request.resume().once('end', () => response.writeHead(200, head).end(body));
});
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
