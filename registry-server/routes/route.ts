import type { Context } from 'koa';
import type { Need } from '../authentication/admit.ts';
import type { ErrorKind } from '../errors.ts';
import type { BodyName } from '../openapi/bodies.ts';
import type { JsonSchema } from '../openapi/json-schema.ts';
import type { PathName, QueryName } from '../openapi/parameters.ts';
import type { Readiness } from '../readiness.ts';
import type { Registry } from '../registry.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** What is answered when all is well. */
export interface Reply {
  /** 200 when left out. */
  readonly status?: number;
  readonly description: string;
  /** A text as it stands has none: it is JSON only where the schema's language is. */
  readonly schema?: JsonSchema;
  readonly example?: unknown;
  /** Of our three JSON types unless it says otherwise. */
  readonly mediaType?: string;
}

/** What only the server as a whole can tell. */
export interface AboutServer {
  readonly readiness: () => Promise<Readiness>;
  /** The OpenAPI document. */
  readonly document: () => Buffer;
}

/** A request, as far as handlers know of it. A parameter that its path does not have does not compile. */
export interface RouteContext<Name extends string = never>
  extends Pick<Context, 'req' | 'request' | 'response' | 'querystring' | 'status' | 'body' | 'set'> {
  readonly params: Readonly<Record<Name, string>>;
}

interface Row<Name extends string> {
  /** The name of the operation in the OpenAPI document. */
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  readonly needs: Need;
  readonly query?: readonly QueryName[];
  readonly body?: BodyName;
  readonly reply: Reply;
  /** Answers other than success that are no error bodies: /ready. */
  readonly otherReplies?: readonly Reply[];
  /** The errors beside those that any request may meet, which document.ts adds. */
  readonly errors?: readonly ErrorKind[];
  handle(ctx: RouteContext<Name>, registry: Registry, server: AboutServer): void | Promise<void>;
}

/** One method of one path: the router, who may ask, the OpenAPI document and the labels of metrics follow from it. */
export interface Route extends Row<string> {
  readonly method: Method;
  /** Such as `/subjects/:subject`; what its parameters are is in parameters.ts. */
  readonly path: string;
}

/** One resource of the API. */
export interface Resource {
  readonly name: string;
  readonly description: string;
  /** It is served under /contexts/{context} too, and is then about that context. */
  readonly isInContexts: boolean;
  /** It is answered before all that refuses requests or bounds their time. */
  readonly isForProbes?: true;
  /** In the order in which the document has them. */
  readonly routes: readonly Route[];
}

/** The parameters of a path by name: `subject | version` of `/subjects/:subject/versions/:version`. */
type ParametersOf<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParametersOf<Rest>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;

export function route<Path extends string>(
  method: Method,
  path: Path,
  row: Row<Extract<ParametersOf<Path>, PathName>>,
): Route {
  return { method, path, ...row };
}
