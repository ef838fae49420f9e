import { openLog } from '../../registry-server/log.ts';
import { type RunningServer, serve } from '../../registry-server/serve.ts';
import { readSettings } from '../../registry-server/settings.ts';

export interface Reply {
  readonly status: number;
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  readonly body: any;
  readonly text: string;
  readonly headers: Headers;
}

export interface TestServer extends RunningServer {
  /** JSON out, JSON back. A string is sent as it is. */
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  get(path: string, headers?: Record<string, string>): Promise<Reply>;
  /** /ready of the metrics port, which tells everything. */
  getReadiness(): Promise<Reply>;
}

/** A server in this process on free ports of loopback; in memory unless the environment says otherwise. */
export async function startServer(
  environment: Readonly<Record<string, string>> = {},
  log: (line: string) => void = () => {},
  lost?: () => void,
): Promise<TestServer> {
  const settings = readSettings({
    SERVER_HOST: '127.0.0.1',
    SERVER_PORT: '0',
    METRICS_PORT: '0',
    GRPC_PORT: '0',
    GRACEFUL_SHUTDOWN_TIMEOUT: '0',
    DATABASE_MIN_CONNECTIONS: '2',
    ...environment,
  });
  const opened = openLog({ level: 'debug', format: 'json' }, log);
  const server = await serve(settings, opened, undefined, undefined, lost);
  const askAt = async (
    url: string,
    method: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply> => {
    const response = await fetch(url, {
      method,
      headers:
        body === undefined
          ? headers
          : { 'Content-Type': 'application/vnd.schemaregistry.v1+json', ...headers },
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.text();
    return {
      status: response.status,
      type: response.headers.get('Content-Type') ?? '',
      headers: response.headers,
      text,
      get body() {
        return JSON.parse(text);
      },
    };
  };
  const ask: TestServer['ask'] = (method, path, body, headers) =>
    askAt(server.url + path, method, body, headers);
  return {
    ...server,
    ask,
    get: (path, headers) => ask('GET', path, undefined, headers),
    getReadiness: () => askAt(`${server.metricsUrl}/ready`, 'GET'),
  };
}

/** Starts a server for as long as the work takes. */
export async function withServer<T>(
  environment: Record<string, string>,
  work: (server: TestServer) => Promise<T>,
): Promise<T> {
  const server = await startServer(environment);
  try {
    await server.ready;
    return await work(server);
  } finally {
    await server.stop();
  }
}
