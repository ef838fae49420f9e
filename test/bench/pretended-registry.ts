/** Answers on every address of this network as a registry that is well, for pods that are not there. */
import { createServer } from 'node:http';

const up = { status: 'up' };
const ready = {
  status: 'up',
  version: '0.1.0',
  checks: { database: { ...up, version: '17.0', migration: 4 }, cache: up },
};
const answers: Record<string, unknown> = {
  '/ready': ready,
  '/schemas/types': ['JSON', 'PROTOBUF', 'AVRO'],
};

const server = () =>
  createServer((request, response) => {
    const answer = answers[request.url ?? ''];
    response.writeHead(answer === undefined ? 404 : 200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(answer ?? {}));
  });

for (const port of [8080, 9091]) server().listen(port, '0.0.0.0');
