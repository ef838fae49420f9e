import type { ErrorKind } from '../errors.ts';
import type { BodyName } from './bodies.ts';
import type { JsonSchema } from './json-schema.ts';
import type { QueryName } from './parameters.ts';

export type Method = 'get' | 'post' | 'put' | 'delete';

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

/** One method of one path. What many have in common (media types, a store that is out) is added by document.ts. */
export interface Operation {
  readonly id: string;
  readonly method: Method;
  /** Its parameters in braces are those of parameters.ts. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly query?: readonly QueryName[];
  readonly body?: BodyName;
  readonly reply: Reply;
  readonly errors?: readonly ErrorKind[];
  /** Answers other than success that are no error bodies: /ready. */
  readonly otherReplies?: readonly Reply[];
}

/** One resource. */
export interface Resource {
  readonly name: string;
  readonly description: string;
  /** Served under /contexts/{context} too, and then about that context. */
  readonly isInContexts: boolean;
  readonly operations: readonly Operation[];
}
