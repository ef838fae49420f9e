import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  Client,
  credentials,
  type Deadline,
  Metadata,
  type MethodDefinition,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const definitions = loadSync(
  fileURLToPath(new URL('../../registry-server/grpc/registry.proto', import.meta.url)),
  { longs: Number, enums: String, defaults: true, oneofs: true },
);

/** What came back, whether it went well or not. */
export interface GrpcAnswer {
  readonly code: string;
  /** What a failure says. */
  readonly details: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into messages of every shape
  readonly message: any;
  readonly headers: Metadata;
  readonly trailers: Metadata;
}

export interface CallOptions {
  readonly deadline?: Deadline;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface GrpcClient {
  readonly client: Client;
  /** `method` such as SubjectService/GetVersion. */
  call(method: string, request?: object, options?: CallOptions): Promise<GrpcAnswer>;
  /** All messages of a stream. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  list(method: string, request?: object): Promise<any[]>;
  close(): void;
}

/** grpc-js, from registry.proto. @param caPath in PEM, of whom it trusts; undefined: nothing is encrypted */
export function openGrpcClient(address: string | undefined, caPath?: string): GrpcClient {
  const trusted =
    caPath === undefined ? credentials.createInsecure() : credentials.createSsl(readFileSync(caPath));
  // A channel of its own, so that no test meets the connections of another.
  const client = new Client(address ?? '', trusted, { 'grpc.use_local_subchannel_pool': 1 });
  const definitionOf = (method: string) => {
    const [service, name = ''] = method.split('/');
    const definition = definitions[`llm_schema_registry.v1.${service}`] as unknown as Record<
      string,
      MethodDefinition<object, object>
    >;
    return definition[name] as MethodDefinition<object, object>;
  };
  return {
    client,
    call: (method, request = {}, { deadline, headers = {} } = {}) =>
      new Promise((resolve) => {
        const { path, requestSerialize, responseDeserialize } = definitionOf(method);
        const sent = new Metadata();
        for (const [name, value] of Object.entries(headers)) sent.set(name, value);
        let received = new Metadata();
        let answered: { error: ServiceError | null; message?: object | undefined } | undefined;
        const options = deadline === undefined ? {} : { deadline };
        const call = client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          request,
          sent,
          options,
          (error, message) => {
            answered = { error, message };
          },
        );
        call.on('metadata', (metadata) => {
          received = metadata;
        });
        call.on('status', ({ code, details, metadata }) =>
          // The answer is told right before or after.
          setImmediate(() =>
            resolve({
              code: status[code] ?? String(code),
              details,
              message: answered?.message,
              headers: received,
              trailers: metadata,
            }),
          ),
        );
      }),
    list: async (method, request = {}) => {
      const { path, requestSerialize, responseDeserialize } = definitionOf(method);
      const stream = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
      return stream.toArray();
    },
    close: () => client.close(),
  };
}
