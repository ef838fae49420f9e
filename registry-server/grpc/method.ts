import type { JsonObject } from '../reading/json-object.ts';
import type { Registry } from '../registry.ts';

/** A message as the loader reads and writes it: fields in camelCase, names for enums, what was not sent left out. */
export type Message = JsonObject;

/** A method with one answer. At the signal nobody waits for it any more. */
export type Unary<Request = Message, Response = object> = (
  registry: Registry,
  request: Request,
  signal: AbortSignal,
) => Promise<Response>;

/** A method with a stream of answers, which may be longer than memory. */
export type Streaming<Request = Message, Response = object> = (
  registry: Registry,
  request: Request,
) => AsyncIterable<Response>;

/** The methods of a service by their names in registry.proto. */
export type Service = Readonly<Record<string, { readonly unary: Unary } | { readonly stream: Streaming }>>;
