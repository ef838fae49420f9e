import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { ServerHttp2Session } from 'node:http2';
import { basename } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type sendUnaryData,
  status,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import { type AnyDefinition, loadSync, type MessageTypeDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { service as healthDefinition, protoPath as healthPath } from 'grpc-health-check';
import type { Principal } from '../authentication/principal.ts';
import { RegistryError } from '../errors.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { Log } from '../log.ts';
import { requestIdOf } from '../middleware/identify-request.ts';
import { inTime } from '../middleware/limit-time.ts';
import { logFailure, toRegistryError } from '../middleware/reply-to-errors.ts';
import type { Registry } from '../registry.ts';
import { protobuf } from '../schema-types/protobuf.ts';
import type { ServerSpan, SpanFields, Tracer } from '../tracer.ts';
import type { Authorize, CalledMethod } from './lock.ts';
import type { Message, Streaming, Unary } from './method.ts';
import { textAt } from './read-message.ts';
import { type StatusCode, statusCodes } from './status-codes.ts';
import { services } from './table.ts';

export interface GrpcParts {
  readonly registry: Registry;
  readonly lifecycle: Lifecycle;
  readonly log: Log;
  readonly requestTimeoutMs: number;
  readonly authorize: Authorize;
  /** undefined: calls are not traced. */
  readonly tracer?: Tracer | undefined;
  /** How long a connection lives, give or take a tenth; undefined: five minutes. */
  readonly connectionAgeMs?: number;
}

export interface GrpcServer {
  /** Takes a connection over, with all that comes on it. */
  serve(connection: Duplex): void;
  /** Calls under way are finished, up to the deadline; clients are told to connect elsewhere. */
  stop(deadlineMs: number): Promise<void>;
}

/** What becomes of a call: for the log, and for what is counted. */
interface CallRecord {
  principal: Principal | undefined;
  readonly headers: Headers;
  readonly span: ServerSpan | undefined;
  /** Which call it was, in a log. */
  readonly named: { readonly requestId: string; readonly method: string };
  /** Answers what its client is told. */
  end(error: unknown): RegistryError | undefined;
}

type Headers = Readonly<Record<string, string | undefined>>;
type Call = ServerUnaryCall<Message, object> | ServerWritableStream<Message, object>;

const protoPath = pathOf('registry.proto');
const packageName = 'llm_schema_registry.v1';
const errorDomain = 'llm-schema-registry.io';
/** A channel stays on one replica for as long as its connection lives, and new replicas are to get their share. */
const CONNECTION_AGE_MS = 5 * 60_000;
/** As for the REST API. */
const MAX_HEADER_BYTES = 64 * 1024;
const MAX_CALLS_PER_CONNECTION = 250;
/** For a GOAWAY to reach a client, however far away it is. */
const GOAWAY_TRAVEL_MS = 1_000;

export function openGrpcServer(parts: GrpcParts): GrpcServer {
  const {
    registry,
    lifecycle,
    log,
    requestTimeoutMs,
    authorize,
    tracer,
    connectionAgeMs = CONNECTION_AGE_MS,
  } = parts;
  const server = new Server({
    'grpc.max_receive_message_length': registry.maxBodyBytes,
    'grpc.max_concurrent_streams': MAX_CALLS_PER_CONNECTION,
    'grpc.max_metadata_size': MAX_HEADER_BYTES,
  });
  const definitions = load(protoPath);
  for (const [name, methods] of Object.entries(services)) {
    const definition = definitions[`${packageName}.${name}`] as ServiceDefinition;
    const handlers = Object.entries(methods).map(([method, handler]) => {
      const isRead = isReadMethod(definition, method);
      const calledBy = ({ request }: Call): CalledMethod => ({
        service: name,
        method,
        isRead,
        subject: textAt(request, 'subject'),
      });
      const answer =
        'unary' in handler
          ? (call: ServerUnaryCall<Message, object>, callback: sendUnaryData<object>) =>
              answerOnce(calledBy(call), call, callback, handler.unary)
          : (call: ServerWritableStream<Message, object>) =>
              answerInParts(calledBy(call), call, handler.stream);
      return [method, answer as UntypedHandleCall] as const;
    });
    server.addService(definition, Object.fromEntries(handlers));
  }
  const health = openHealth(lifecycle);
  server.addService(healthDefinition, health.handlers);
  new ReflectionService({ registry: describe(protoPath), health: describe(healthPath) }).addToServer(server);
  // Our own server listens: the certificate is followed there, and nothing is loaded before somebody comes.
  const door = server.createConnectionInjector(ServerCredentials.createInsecure());

  // No public way leads to them, and grpc-js closes them in one step, which loses the calls that are on their way.
  const { sessions } = server as unknown as { readonly sessions: ReadonlyMap<ServerHttp2Session, unknown> };

  return {
    serve(connection) {
      door.injectConnection(connection);
      const session = [...sessions.keys()].at(-1);
      if (session === undefined) return;
      const timer = setTimeout(() => void endSession(session), connectionAgeMs * (0.9 + Math.random() / 5));
      session.once('close', () => clearTimeout(timer));
    },
    async stop(deadlineMs) {
      health.end();
      const forced = new AbortController();
      const closed = Promise.all([...sessions.keys()].map(endSession)).then(
        () => new Promise<void>((resolve) => server.tryShutdown(() => resolve())),
      );
      const late = delay(Math.max(0, deadlineMs), undefined, { signal: forced.signal }).then(
        () => server.forceShutdown(),
        () => {},
      );
      await Promise.race([closed, late]);
      forced.abort();
    },
  };

  async function answerOnce(
    called: CalledMethod,
    call: ServerUnaryCall<Message, object>,
    callback: sendUnaryData<object>,
    unary: Unary,
  ): Promise<void> {
    const record = begin(called, call);
    try {
      const reply = await inTime(
        (signal) =>
          inSpan(record, () => admit(called, record).then(() => unary(registry, call.request, signal))),
        requestTimeoutMs,
        () => new RegistryError('STORE_TIMEOUT'),
        (error) => logFailure(log, error, record.named),
      );
      record.end(undefined);
      callback(null, reply);
    } catch (error) {
      callback(statusOf(record.end(error)));
    }
  }

  async function answerInParts(
    called: CalledMethod,
    call: ServerWritableStream<Message, object>,
    stream: Streaming,
  ): Promise<void> {
    const record = begin(called, call);
    const gone = new Promise<void>((resolve) => call.once('cancelled', () => resolve()));
    try {
      await inSpan(record, async () => {
        await admit(called, record);
        for await (const message of stream(registry, call.request)) {
          if (call.cancelled) break;
          // No more is read than the client takes.
          if (!call.write(message)) await Promise.race([once(call, 'drain'), gone]);
        }
      });
      record.end(undefined);
      call.end();
    } catch (error) {
      call.emit('error', statusOf(record.end(error)));
    }
  }

  async function admit(called: CalledMethod, record: CallRecord): Promise<void> {
    record.principal = await authorize(record.headers, called);
    const { phase } = lifecycle;
    if (phase.is === 'starting') throw new RegistryError('STORE_ERROR', { detail: phase.cause });
  }

  function begin(called: CalledMethod, call: Call): CallRecord {
    const started = performance.now();
    const headers = headersOf(call.metadata);
    const requestId = requestIdOf(headers['x-request-id']);
    const span = tracer?.start(headers);
    const sent = new Metadata();
    sent.set('x-request-id', requestId);
    call.sendMetadata(sent);
    const method = `${packageName}.${called.service}/${called.method}`;
    const record: CallRecord = { principal: undefined, headers, span, named: { requestId, method }, end };
    return record;

    function end(error: unknown): RegistryError | undefined {
      const reply = error === undefined ? undefined : toRegistryError(error);
      const code = codeOf(reply, call);
      const durationMs = performance.now() - started;
      registry.metrics.grpcRequest(method, code, durationMs / 1000);
      span?.end(method, spanFields(called, code), failures.has(code) ? code : undefined);
      if (error !== undefined) logFailure(log, error, record.named);
      const level = (reply?.status ?? 0) >= 500 ? 'warn' : called.isRead ? 'debug' : 'info';
      log[level]('request', {
        requestId,
        traceId: span?.traceId,
        principal: record.principal?.name,
        method,
        code,
        durationMs: Math.round(durationMs * 100) / 100,
      });
      return reply;
    }
  }
}

function inSpan<T>({ span }: CallRecord, work: () => Promise<T>): Promise<T> {
  return span?.isSampled ? span.run(work) : work();
}

/** What OpenTelemetry's conventions take for the server's failure, not for its client's. */
const failures: ReadonlySet<StatusCode> = new Set<StatusCode>([
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
]);

function spanFields({ service, method }: CalledMethod, code: StatusCode): SpanFields {
  return {
    'rpc.system': 'grpc',
    'rpc.service': `${packageName}.${service}`,
    'rpc.method': method,
    'rpc.grpc.status_code': status[code],
  };
}

/**
 * Closes a connection without losing a call: first the client hears where it ends, so that what it sends after that goes
 * over its next connection, and only then is it cut, after the last of its calls. At once, as grpc-js does it, the cut
 * overtakes the news.
 */
async function endSession(session: ServerHttp2Session): Promise<void> {
  if (session.closed || session.destroyed) return;
  session.goaway();
  const heard = new AbortController();
  session.once('close', () => heard.abort());
  await delay(GOAWAY_TRAVEL_MS, undefined, { signal: heard.signal }).catch(() => {});
  if (!session.destroyed) session.close();
}

/**
 * What reflection tells of a file. Made by what the registry has for Protobuf schemas: protobufjs gives the entries of
 * maps other names than protoc does, and strict clients refuse them.
 */
function describe(path: string): AnyDefinition {
  const descriptor = Buffer.from(
    protobuf.parse(readFileSync(path, 'utf8'), []).formatted('serialized'),
    'base64',
  );
  const name = Buffer.from(basename(path));
  // The last name in a message counts; a schema has none of its own.
  const file = Buffer.concat([descriptor, Buffer.from([0x0a, name.length]), name]);
  return { fileDescriptorProtos: [file] } as object as AnyDefinition;
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}

function load(path: string) {
  return loadSync(path, {
    keepCase: false,
    longs: Number,
    enums: String,
    defaults: false,
  });
}

function isReadMethod(definition: ServiceDefinition, method: string): boolean {
  const { options } = definition[method] as unknown as { options: { idempotency_level: string } };
  return options.idempotency_level === 'NO_SIDE_EFFECTS';
}

/** The first value of each; what is binary is left out. */
function headersOf(metadata: Metadata): Headers {
  const values = Object.entries(metadata.getMap());
  return Object.fromEntries(
    values.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** Whoever has gone hears nothing of what came of it. */
function codeOf(reply: RegistryError | undefined, call: Call): StatusCode {
  if (!call.cancelled) return reply === undefined ? 'OK' : statusCodes[reply.kind];
  return Number(call.getDeadline()) <= Date.now() ? 'DEADLINE_EXCEEDED' : 'CANCELLED';
}

const { 'google.rpc.Status': statusMessage, 'google.rpc.ErrorInfo': errorInfo } = load(
  pathOf('google-rpc.proto'),
) as Record<string, MessageTypeDefinition<object, object>>;

/** Clients take 8 KiB of metadata, and this is in it twice, escaped. */
const MAX_MESSAGE_BYTES = 1_500;

function shortened(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= MAX_MESSAGE_BYTES) return text;
  // A character that is cut in two is left out.
  return `${bytes
    .subarray(0, MAX_MESSAGE_BYTES)
    .toString('utf8')
    .replace(/\ufffd$/, '')}…`;
}

/** With the registry's own code, for programs: as a number, and as google.rpc.ErrorInfo for who reads that. */
function statusOf(reply: RegistryError | undefined) {
  const { kind, code, message: words } = reply ?? new RegistryError('INTERNAL');
  const message = shortened(words);
  const number = status[statusCodes[kind]];
  const info = { reason: kind, domain: errorDomain, metadata: { error_code: String(code) } };
  const details = [
    { type_url: 'type.googleapis.com/google.rpc.ErrorInfo', value: errorInfo?.serialize(info) },
  ];
  const metadata = new Metadata();
  metadata.set('error-code', String(code));
  const encoded = statusMessage?.serialize({ code: number, message, details });
  if (encoded !== undefined) metadata.set('grpc-status-details-bin', encoded);
  return { code: number, details: message, metadata };
}

/** grpc.health.v1: of the server, under the empty name, and of each service. */
function openHealth(lifecycle: Lifecycle) {
  const known = new Set(['', ...Object.keys(services).map((name) => `${packageName}.${name}`)]);
  const watching = new Set<ServerWritableStream<{ service: string }, object>>();
  const now = () => ({ status: lifecycle.phase.is === 'serving' ? 'SERVING' : 'NOT_SERVING' });
  const end = (call: ServerWritableStream<{ service: string }, object>) => {
    watching.delete(call);
    call.end();
  };
  lifecycle.onChange(() => {
    for (const call of watching) if (known.has(call.request.service)) call.write(now());
  });
  const handlers = {
    check: ({ request }: ServerUnaryCall<{ service: string }, object>, callback: sendUnaryData<object>) => {
      if (known.has(request.service)) return callback(null, now());
      callback({ code: status.NOT_FOUND, details: `there is no service "${request.service}"` });
    },
    watch: (call: ServerWritableStream<{ service: string }, object>) => {
      watching.add(call);
      call.on('cancelled', () => end(call));
      call.write(known.has(call.request.service) ? now() : { status: 'SERVICE_UNKNOWN' });
    },
    list: (_: unknown, callback: sendUnaryData<object>) => {
      callback(null, { statuses: Object.fromEntries([...known].map((name) => [name, now()])) });
    },
  };
  return { handlers, end: () => watching.forEach(end) };
}
