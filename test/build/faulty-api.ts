import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { stringify } from 'yaml';

/**
 * What the API server does to whoever asks through here: says that a watch is too old, that it is overloaded (and for
 * how long it wants to be left alone), that it is broken; says nothing at all; resets.
 */
export type Fault = 'gone' | 'too-many-requests' | 'internal-error' | 'stall' | 'reset';

export interface Seen {
  readonly atMs: number;
  /** As in a role. */
  readonly verb: string;
  /** An apply that makes an object needs `patch` besides `create`. */
  readonly isApply: boolean;
  /** `pods` or `deployments.apps`, with `/status` where it is that. */
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly code: number;
}

export const retryAfterSeconds = 2;

/** A proxy on loopback in front of an API server; all that passes is counted, and it can be made to fail. */
export async function openFaultyApi(kubeconfigPath: string) {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfigPath);
  const target = new URL(config.getCurrentCluster()?.server ?? '');
  const tls: { ca?: string; cert?: string; key?: string } = {};
  await config.applyToHTTPSOptions(tls);
  // Whoever brings a token is not the administrator.
  const anonymous = new Agent({ ca: tls.ca, keepAlive: true });
  const administrator = new Agent({ ...tls, keepAlive: true });
  let fault: Fault | undefined;
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  const watches = new Set<ServerResponse>();

  const answer = (response: ServerResponse, code: number, reason: string) => {
    const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, code, message: reason };
    const wait = code === 429 ? { 'retry-after': String(retryAfterSeconds) } : {};
    response.writeHead(code, { 'content-type': 'application/json', ...wait }).end(JSON.stringify(status));
  };
  const sayGone = (response: ServerResponse) => {
    const object = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
    response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
  };
  const fail = (request: IncomingMessage, response: ServerResponse): boolean => {
    const { isWatch } = meaningOf(request);
    if (fault === 'stall') return true;
    if (fault === 'reset') request.socket.resetAndDestroy();
    else if (fault === 'too-many-requests') answer(response, 429, 'TooManyRequests');
    else if (fault === 'internal-error') answer(response, 500, 'InternalError');
    else if (fault === 'gone' && isWatch) {
      // The API server says it both ways.
      if (seen.length % 2 === 0) answer(response, 410, 'Expired');
      else sayGone(response.writeHead(200, { 'content-type': 'application/json' }));
    } else return false;
    return true;
  };

  const server = createServer((request, response) => {
    const meaning = meaningOf(request);
    const count = (code: number) => {
      const verb = meaning.verb === 'patch' && code === 201 ? 'create' : meaning.verb;
      seen.push({ ...meaning, verb, atMs: performance.now(), code });
    };
    if (fail(request, response)) {
      count(0);
      return;
    }
    const { authorization } = request.headers;
    const upstream = httpsRequest(
      {
        hostname: target.hostname,
        port: target.port,
        path: request.url,
        method: request.method,
        headers: { ...request.headers, host: target.host },
        agent: authorization === undefined ? administrator : anonymous,
      },
      (answered) => {
        count(answered.statusCode ?? 0);
        response.writeHead(answered.statusCode ?? 502, answered.headers);
        if (meaning.isWatch) {
          watches.add(response);
          response.on('close', () => watches.delete(response));
          // A watch that was taken is known to be open before its first event.
          response.flushHeaders();
        }
        answered.on('data', (chunk) => {
          if (fault !== 'stall') response.write(chunk);
        });
        answered.on('end', () => {
          if (fault !== 'stall') response.end();
        });
        answered.on('error', () => response.destroy());
      },
    );
    upstream.on('error', () => request.socket.resetAndDestroy());
    response.on('close', () => upstream.destroy());
    request.pipe(upstream);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    /** For an operator of its own: with the rights of the bearer of the token, else with all. */
    kubeconfig: (token?: string) =>
      stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'faulty',
        contexts: [{ name: 'faulty', context: { cluster: 'faulty', user: 'operator' } }],
        // client-node speaks plain HTTP only where no certificate is asked for.
        clusters: [
          {
            name: 'faulty',
            cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true },
          },
        ],
        users: [{ name: 'operator', user: token === undefined ? {} : { token } }],
      }),
    seen: seen as readonly Seen[],
    /** From now on; what is open feels it too. */
    begin: (next: Fault) => {
      fault = next;
      if (next === 'gone') for (const watch of watches) sayGone(watch);
      else if (next !== 'stall') for (const socket of sockets) socket.resetAndDestroy();
    },
    /** What hangs goes on hanging: nobody tells the other end of a half-open connection. */
    end: () => {
      fault = undefined;
    },
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      anonymous.destroy();
      administrator.destroy();
      await once(server, 'close');
    },
  };
}

/** A request in the words of a role. */
function meaningOf({ method = '', url = '' }: IncomingMessage) {
  const [path = '', query = ''] = url.split('?');
  const isCore = path.startsWith('/api/');
  const parts = path.split('/').slice(isCore ? 3 : 4);
  const group = isCore ? '' : `.${path.split('/')[2]}`;
  const isNamespaced = parts[0] === 'namespaces' && parts.length > 2;
  const [plural = '', name, subresource] = isNamespaced ? parts.slice(2) : parts;
  const isWatch = query.includes('watch=true');
  const verbs: Record<string, string> = {
    GET: isWatch ? 'watch' : name === undefined ? 'list' : 'get',
    POST: 'create',
    PATCH: 'patch',
    PUT: 'update',
    DELETE: 'delete',
  };
  return {
    isWatch,
    isApply: method === 'PATCH',
    verb: verbs[method] ?? method,
    resource: `${plural}${group}${subresource === undefined ? '' : `/${subresource}`}`,
    namespace: isNamespaced ? parts[1] : undefined,
  };
}
