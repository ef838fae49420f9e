import { readFileSync } from 'node:fs';
import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { concurrency } from './map-bounded.ts';
import { Problem, Refusal } from './problem.ts';
import { shown } from './shown.ts';

/** Where a registry is, and as whom it is asked. */
export interface Connection {
  /** Tried in their order until one can be reached; at least one. */
  readonly urls: readonly URL[];
  /** The name of a context, `.staging`; undefined: what the URL leads to. */
  readonly context: string | undefined;
  /** The header that carries the credentials. */
  readonly credentials: readonly [name: string, value: string] | undefined;
  /** Files in PEM. */
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly keyPassword: string | undefined;
  /** For one request, with its answer. */
  readonly timeoutMs: number;
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

interface Question {
  /** Changes nothing, or nothing more the second time, so it may be asked again. All GETs are safe. */
  readonly isSafe?: boolean;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
}

/** Names are given as they are; each becomes one segment of the path. */
export type Path = readonly (string | number)[];

export interface RegistryClient {
  /** The URL without what is secret. */
  readonly address: string;
  /** What stands before the names of subjects where it is one context, by name or by URL: `:.staging:`, and nothing in the default one. Undefined where it is the whole registry. */
  readonly contextPrefix: string | undefined;
  /** The answer's JSON. @throws Refusal with what the registry says, Problem where it cannot be asked */
  ask<Answer>(method: Method, path: Path, question?: Question): Promise<Answer>;
}

/** How much of a registry is asked at once, and how often again what could not be answered. */
export interface Effort {
  readonly requestsAtOnce: number;
  /** Of one question that changes nothing, the first one among them. */
  readonly attempts: number;
}

const usualEffort: Effort = { requestsAtOnce: concurrency, attempts: 3 };

const firstPauseMs = 200;
const longestPauseMs = 10_000;
const maxAnswerBytes = 256 * 1024 * 1024;
const mediaType = 'application/vnd.schemaregistry.v1+json';

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** @param trace is told of each request: its method, address, status and time, never of a header or a body */
export function openRegistry(
  connection: Connection,
  trace: (line: string) => void = () => {},
  { requestsAtOnce: maxSockets, attempts }: Effort = usualEffort,
): RegistryClient {
  const options = { keepAlive: true, maxSockets, proxyEnv: process.env };
  const tls = {
    ca: readPem(connection.caFile, 'of the certificate authority'),
    cert: readPem(connection.certFile, 'of the client certificate'),
    key: readPem(connection.keyFile, 'of the key of the client certificate'),
    passphrase: connection.keyPassword,
  };
  const agents = { http: new HttpAgent(options), https: openAgent({ ...options, ...tls }) };
  let urls = connection.urls;

  const askOnce = async (method: Method, path: string, body: string | undefined): Promise<Answer> => {
    let failure: unknown;
    for (const url of urls) {
      try {
        const answer = await send(url, method, path, body);
        // Whoever answered is asked first from now on.
        urls = [url, ...urls.filter((other) => other !== url)];
        return answer;
      } catch (error) {
        failure = error;
        if (!wasNeverSent(error)) break;
      }
    }
    throw failure;
  };

  const send = (url: URL, method: Method, path: string, body: string | undefined): Promise<Answer> => {
    const isSecure = url.protocol === 'https:';
    const address = addressOf(url);
    const startedAt = performance.now();
    const headers: Record<string, string | number> = {
      accept: `${mediaType}, application/json;q=0.9`,
      'user-agent': 'llm-schema-registry-cli',
    };
    if (body !== undefined) {
      headers['content-type'] = mediaType;
      headers['content-length'] = Buffer.byteLength(body);
    }
    if (connection.credentials) headers[connection.credentials[0]] = connection.credentials[1];
    const requestOptions: RequestOptions = {
      method,
      headers,
      agent: isSecure ? agents.https : agents.http,
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: url.port || (isSecure ? 443 : 80),
      // Not a URL: those take "..", a name as good as any, for a step up.
      path: url.pathname.replace(/\/+$/, '') + path,
      signal: AbortSignal.timeout(connection.timeoutMs),
    };
    return new Promise<Answer>((resolve, reject) => {
      const fail = (error: Error) => {
        trace(
          `${method} ${address}${shown(path)} failed after ${Math.round(performance.now() - startedAt)} ms`,
        );
        reject(unreachable(error, address, connection));
      };
      const request = (isSecure ? httpsRequest : httpRequest)(requestOptions, (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > maxAnswerBytes)
            request.destroy(new Problem(`The answer of ${address} is larger than 256 MiB.`));
          chunks.push(chunk);
        });
        response.on('error', fail);
        response.on('end', () => {
          const status = response.statusCode ?? 0;
          trace(
            `${method} ${address}${shown(path)} ${status} ${Math.round(performance.now() - startedAt)} ms`,
          );
          resolve({ status, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') });
        });
      });
      request.on('error', fail);
      request.end(body);
    });
  };

  return {
    get address() {
      return addressOf(urls[0] as URL);
    },
    contextPrefix: contextPrefix(connection),
    async ask<Result>(method: Method, path: Path, question: Question = {}): Promise<Result> {
      const isSafe = method === 'GET' || question.isSafe === true;
      const target = `${pathOf(contextPath(connection.context))}${pathOf(path)}${queryOf(question.query)}`;
      const body = question.body === undefined ? undefined : JSON.stringify(question.body);
      for (let attempt = 1; ; attempt++) {
        let answer: Answer;
        try {
          answer = await askOnce(method, target, body);
        } catch (error) {
          if (!isSafe || attempt === attempts || !mayPass(error)) throw error;
          await delay(pauseMs(attempt, undefined));
          continue;
        }
        if (isSafe && attempt < attempts && [429, 502, 503, 504].includes(answer.status)) {
          await delay(pauseMs(attempt, answer.headers['retry-after']));
          continue;
        }
        return read(answer, addressOf(urls[0] as URL), connection) as Result;
      }
    },
  };
}

const contextPath = (context: string | undefined): Path =>
  context === undefined ? [] : ['contexts', context];

function contextPrefix({ context, urls }: Connection): string | undefined {
  const inUrl = /\/contexts\/:?\.?([^/:]*):?\/*$/.exec(urls[0]?.pathname ?? '')?.[1];
  const name = context ?? (inUrl !== undefined ? `.${decodeURIComponent(inUrl)}` : undefined);
  if (name === undefined) return undefined;
  return name === '.' ? '' : `:${name}:`;
}

/** A name that is nothing but dots would be a step in a path. */
const segment = (name: string | number): string => {
  const text = `${name}`;
  if (text === '') throw new Problem('A name is empty; give the name of a subject.');
  if (!text.isWellFormed())
    throw new Problem(`"${shown(text)}" is not a name: half of a character is missing.`);
  return /^\.{1,2}$/.test(text) ? text.replaceAll('.', '%2E') : encodeURIComponent(text);
};
const pathOf = (path: Path): string => path.map((name) => `/${segment(name)}`).join('');

const queryOf = (query: Question['query'] = {}): string => {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== false);
  const text = given.map(([name, value]) => `${name}=${encodeURIComponent(`${value}`)}`).join('&');
  return text === '' ? '' : `?${text}`;
};

/** Without a user and a password. */
const addressOf = (url: URL): string => `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`;

function readPem(file: string | undefined, what: string): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Problem(`The file ${what}, ${shown(file)}, cannot be read: ${reasonOf(error)}.`, {
      cause: error,
    });
  }
}

function openAgent(options: ConstructorParameters<typeof HttpsAgent>[0]): HttpsAgent {
  return new HttpsAgent(options);
}

export const reasonOf = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  const words: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EACCES: 'permission is denied',
    EISDIR: 'it is a folder',
    ENOTDIR: 'a part of the path is no folder',
    ENOSPC: 'the disk is full',
    EROFS: 'the file system is read-only',
  };
  return (code !== undefined && words[code]) || shown(message, 300);
};

/** The network's word for why a registry does not answer, and what to do about it. */
const networkWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there; is the URL right, and is the registry running?',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name of the host could not be looked up',
  EHOSTUNREACH: 'no way leads to that host',
  ENETUNREACH: 'no way leads to that network',
  ETIMEDOUT: 'the host does not take the connection',
  ECONNRESET: 'it ended the connection; if it speaks TLS, its URL begins with https://',
  EPIPE: 'it ended the connection',
  EPROTO: 'it does not speak TLS as this program does; without TLS its URL begins with http://',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS; its URL begins with http://',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS; its URL begins with http://',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is of another host',
  CERT_HAS_EXPIRED: 'its certificate is out of date',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet; is the clock of this machine right?',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    'it wants a client certificate; give it with --cert-file and --key-file',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE:
    'it refuses the TLS connection; it may want a client certificate (--cert-file, --key-file)',
};
const unknownAuthority =
  'its certificate is of an authority that this machine does not know; give that authority with --ca-file or SCHEMA_REGISTRY_SSL_CA_LOCATION';
const unknownAuthorityCodes = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
]);

/** A registry that could not be asked, with the network's code for it. */
class Unreachable extends Problem {
  readonly code: string;

  constructor(message: string, code: string, cause: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

const wasNeverSent = (error: unknown): boolean =>
  error instanceof Unreachable &&
  ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'].includes(error.code);

/** Whether it may be over in a moment. */
const mayPass = (error: unknown): boolean =>
  error instanceof Unreachable && ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EAI_AGAIN'].includes(error.code);

function unreachable(error: Error, address: string, { timeoutMs }: Connection): Problem {
  if (error instanceof Problem) return error;
  if (error.name === 'TimeoutError' || error.name === 'AbortError')
    return new Problem(
      `${address} did not answer within ${timeoutMs / 1000} s; is it the right URL? --timeout gives it longer.`,
      { cause: error },
    );
  // Of several addresses of one host, each has its own.
  const { code = '', errors } = error as NodeJS.ErrnoException & {
    readonly errors?: readonly NodeJS.ErrnoException[];
  };
  const known = code || errors?.[0]?.code || '';
  const words = unknownAuthorityCodes.has(known)
    ? unknownAuthority
    : (networkWords[known] ?? shown(error.message, 300));
  return new Unreachable(`${address} cannot be asked: ${words}.`.replace(/\?\.$/, '?'), known, error);
}

const pauseMs = (attempt: number, retryAfter: string | undefined, random = Math.random): number => {
  const askedMs = Number(retryAfter) * 1000;
  if (askedMs >= 0) return Math.min(askedMs, longestPauseMs);
  return firstPauseMs * 2 ** (attempt - 1) * (0.5 + random());
};

function read({ status, headers, text }: Answer, address: string, connection: Connection): unknown {
  if (status >= 300 && status < 400)
    throw new Problem(
      `${address} sends whoever asks to ${shown(headers.location ?? 'nowhere', 300)}; give that URL if you trust it. It is not followed, as it would get the credentials.`,
    );
  const isSuccess = status >= 200 && status < 300;
  if (isSuccess && text === '') return undefined;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    const type = shown(headers['content-type'] ?? 'no media type', 100);
    const said = `${address} answered ${status} with ${type}, which is not what a schema registry says; is it the URL of one?`;
    if (isSuccess) throw new Problem(said, { cause: error });
    if (status !== 401 && status !== 403) throw new Refusal(said, status, status, said);
  }
  if (isSuccess) return body;
  throw refusal(status, body, address, connection);
}

function refusal(status: number, body: unknown, address: string, { credentials }: Connection): Refusal {
  const { error_code: code, message } = (body ?? {}) as {
    readonly error_code?: unknown;
    readonly message?: unknown;
  };
  const said = typeof message === 'string' ? shown(message) : `HTTP ${status}`;
  const number = typeof code === 'number' ? code : status;
  const why: Record<number, string> = {
    401: credentials
      ? `${address} does not take the credentials (${said}); \`registry login\` keeps others.`
      : `${address} wants to know who asks (${said}); \`registry login\` keeps credentials, or set SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO.`,
    403: `${address} does not let these credentials do that: ${said}`,
  };
  // A code of the API would say what is not found.
  if (number === 404) why[404] = `${address} has no such path (${said}); is it the URL of a schema registry?`;
  return new Refusal(why[status] ?? said, status, number, said);
}
