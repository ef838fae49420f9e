/**
 * What `node:http` alone can do: a ready answer to a GET, and to a POST once its body is there. `/1000` is answered by
 * 1,000 bytes.
 */
import cluster from 'node:cluster';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const workers = Number(process.argv[2] ?? 1);

interface Answer {
  readonly head: { readonly 'Content-Type': string; readonly 'Content-Length': number };
  readonly body: Buffer;
}

const answers = new Map<string, Answer>();

function answerTo(path: string): Answer {
  const known = answers.get(path);
  if (known !== undefined) return known;
  const body = Buffer.alloc(Number(path.slice(1)), ' ');
  const answer = { head: { 'Content-Type': 'application/json', 'Content-Length': body.length }, body };
  answers.set(path, answer);
  return answer;
}

function reply({ url = '/0' }: IncomingMessage, response: ServerResponse): void {
  const { head, body } = answerTo(url);
  response.writeHead(200, head).end(body);
}

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
    if (request.method === 'GET') reply(request, response);
    else request.resume().once('end', () => reply(request, response));
  });
  server.listen(0, '127.0.0.1', () => {
    if (cluster.isPrimary) say((server.address() as AddressInfo).port);
  });
}
