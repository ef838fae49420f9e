import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { ServerHttp2Session } from 'node:http2';
import { basename } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
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
import type { AnyDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { service as healthDefinition, protoPath as healthPath } from 'grpc-health-check';
import type { Admit } from '../authentication/admit.ts';
import { RegistryError } from '../errors.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { Log } from '../log.ts';
import type { Registry } from '../registry.ts';
import type { BytesUnderWay } from '../requests/bytes-under-way.ts';
import { inTime } from '../requests/in-time.ts';
import { logFailure } from '../requests/log-failure.ts';
import { protobuf } from '../schema-types/protobuf.ts';
import type { Tracer } from '../tracing/tracer.ts';
import { within } from '../waiting/within.ts';
import { admitCalls } from './admit-calls.ts';
import type { CalledMethod } from './authorize.ts';
import { boundStreams } from './bound-streams.ts';
import { beginCall, type CallRecord, namesOf } from './call-record.ts';
import { loadProto, protoPathOf } from './load-proto.ts';
import type { Message, Streaming, Unary } from './method.ts';
import { statusOf } from './status.ts';
import { services } from './table.ts';

export interface GrpcParts {
  readonly registry: Registry;
  readonly lifecycle: Lifecycle;
  readonly log: Log;
  readonly requestTimeoutMs: number;
  /** Undefined where nobody is asked who they are. */
  readonly admit?: Admit | undefined;
  readonly underWay: BytesUnderWay;
  /** Undefined where calls are not traced. */
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

type Call = ServerUnaryCall<Message, object> | ServerWritableStream<Message, object>;

const protoPath = protoPathOf('registry.proto');
const packageName = 'llm_schema_registry.v1';
/** A channel stays on one replica for as long as its connection lives, and new replicas are to get their share. */
const CONNECTION_AGE_MS = 5 * 60_000;
/** How large the head of a call may be, as for the REST API. */
const MAX_HEADER_BYTES = 64 * 1024;
const MAX_CALLS_PER_CONNECTION = 250;
/** The time for a GOAWAY to reach a client, however far away it is. */
const GOAWAY_TRAVEL_MS = 1_000;

export function openGrpcServer(parts: GrpcParts): GrpcServer {
  const {
    registry,
    lifecycle,
    log,
    requestTimeoutMs,
    admit,
    underWay,
    tracer,
    connectionAgeMs = CONNECTION_AGE_MS,
  } = parts;
  const called = new Map<string, CalledMethod>();
  /** The calls that were admitted, by their metadata: it is all that interceptor and service both see. */
  const records = new WeakMap<Metadata, CallRecord>();
  const interceptor = admitCalls(
    {
      admit,
      lifecycle,
      requestTimeoutMs,
      begin(path, metadata, call) {
        const method = called.get(path);
        return method && beginCall({ log, metrics: registry.metrics, tracer }, path, method, metadata, call);
      },
    },
    (metadata, record) => records.set(metadata, record),
  );
  const server = new Server({
    interceptors: [interceptor],
    'grpc.max_receive_message_length': registry.maxBodyBytes,
    'grpc.max_concurrent_streams': MAX_CALLS_PER_CONNECTION,
    'grpc.max_metadata_size': MAX_HEADER_BYTES,
  });
  const definitions = loadProto(protoPath);
  for (const [name, methods] of Object.entries(services)) {
    const definition = definitions[`${packageName}.${name}`] as ServiceDefinition;
    const handlers = Object.entries(methods).map(([method, handler]) => {
      const isRead = isReadMethod(definition, method);
      called.set(`${packageName}.${name}/${method}`, { service: name, method, isRead });
      const answer =
        'unary' in handler
          ? (call: ServerUnaryCall<Message, object>, callback: sendUnaryData<object>) =>
              answerOnce(call, callback, handler.unary)
          : (call: ServerWritableStream<Message, object>) => answerInParts(call, handler.stream);
      return [method, answer as UntypedHandleCall] as const;
    });
    server.addService(definition, Object.fromEntries(handlers));
  }
  const health = openHealth(lifecycle);
  server.addService(healthDefinition, health.handlers);
  new ReflectionService({ registry: describe(protoPath), health: describe(healthPath) }).addToServer(server);
  // Our own server listens: the certificate is followed there, and nothing is loaded before somebody comes.
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());

  // No public way leads to them, and grpc-js closes them in one step, which loses the calls that are on their way.
  const { sessions } = server as unknown as { readonly sessions: ReadonlyMap<ServerHttp2Session, unknown> };

  return {
    serve(connection) {
      injector.injectConnection(connection);
      const session = [...sessions.keys()].at(-1);
      if (session === undefined) return;
      boundStreams(session, underWay);
      const timer = setTimeout(
        () => void endSession(session).then(() => cutAfter(session, requestTimeoutMs)),
        connectionAgeMs * (0.9 + Math.random() / 5),
      );
      session.once('close', () => clearTimeout(timer));
    },
    async stop(deadlineMs) {
      health.end();
      const closed = Promise.all([...sessions.keys()].map(endSession)).then(
        () => new Promise<void>((resolve) => server.tryShutdown(() => resolve())),
      );
      await within(closed, deadlineMs, () => server.forceShutdown());
    },
  };

  /** The record of a call, whose request id goes out first. */
  function recordOf(call: Call): CallRecord {
    const record = records.get(call.metadata);
    if (record === undefined) throw new Error('a call went round what admits calls');
    const sent = new Metadata();
    sent.set('x-request-id', record.id);
    call.sendMetadata(sent);
    return record;
  }

  async function answerOnce(
    call: ServerUnaryCall<Message, object>,
    callback: sendUnaryData<object>,
    unary: Unary,
  ): Promise<void> {
    const record = recordOf(call);
    try {
      const reply = await inTime(
        (signal) => inTrace(record, () => unary(registry, call.request, signal)),
        Math.max(0, requestTimeoutMs - (performance.now() - record.startedMs)),
        () => new RegistryError('STORE_TIMEOUT'),
        (error) => logFailure(log, error, namesOf(record)),
      );
      record.end(undefined);
      callback(null, reply);
    } catch (error) {
      callback(statusOf(record.end(error)));
    }
  }

  async function answerInParts(
    call: ServerWritableStream<Message, object>,
    stream: Streaming,
  ): Promise<void> {
    const record = recordOf(call);
    const gone = new Promise<void>((resolve) => call.once('cancelled', () => resolve()));
    try {
      await inTrace(record, async () => {
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
}

function inTrace<T>({ trace }: CallRecord, work: () => Promise<T>): Promise<T> {
  return trace?.isSampled ? trace.run(work) : work();
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

/** What is still open then does not end by itself: a watched health, or a call whose client does not go on. */
function cutAfter(session: ServerHttp2Session, graceMs: number): void {
  if (session.destroyed) return;
  const timer = setTimeout(() => session.destroy(), graceMs);
  session.once('close', () => clearTimeout(timer));
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

function isReadMethod(definition: ServiceDefinition, method: string): boolean {
  const { options } = definition[method] as unknown as { options: { idempotency_level: string } };
  return options.idempotency_level === 'NO_SIDE_EFFECTS';
}

/** The health of the server (under the empty name) and of each service, as grpc.health.v1 has it. */
function openHealth(lifecycle: Lifecycle) {
  const serviceNames = new Set(['', ...Object.keys(services).map((name) => `${packageName}.${name}`)]);
  const watching = new Set<ServerWritableStream<{ service: string }, object>>();
  const now = () => ({ status: lifecycle.phase.is === 'serving' ? 'SERVING' : 'NOT_SERVING' });
  const end = (call: ServerWritableStream<{ service: string }, object>) => {
    watching.delete(call);
    call.end();
  };
  lifecycle.onChange(() => {
    for (const call of watching) if (serviceNames.has(call.request.service)) call.write(now());
  });
  const handlers = {
    check: ({ request }: ServerUnaryCall<{ service: string }, object>, callback: sendUnaryData<object>) => {
      if (serviceNames.has(request.service)) return callback(null, now());
      callback({ code: status.NOT_FOUND, details: `there is no service "${request.service}"` });
    },
    watch: (call: ServerWritableStream<{ service: string }, object>) => {
      watching.add(call);
      call.on('cancelled', () => end(call));
      call.write(serviceNames.has(call.request.service) ? now() : { status: 'SERVICE_UNKNOWN' });
    },
    list: (_: unknown, callback: sendUnaryData<object>) => {
      callback(null, { statuses: Object.fromEntries([...serviceNames].map((name) => [name, now()])) });
    },
  };
  return { handlers, end: () => watching.forEach(end) };
}
