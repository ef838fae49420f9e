interface Words {
  readonly subject?: string;
  readonly version?: number | string;
  readonly id?: number | string;
  readonly detail?: string;
}

interface ClientError {
  readonly code: number;
  readonly status: number;
  readonly say: (words: Words) => string;
}

// No space before it: clients compare the whole sentence.
const permanent = 'Set permanent=true to delete permanently';

/** Every error that a client can see. Codes and words are Confluent's: clients compare both. */
export const clientErrors = {
  BAD_REQUEST: { code: 400, status: 400, say: ({ detail }) => detail ?? 'HTTP 400 Bad Request' },
  UNAUTHORIZED: { code: 401, status: 401, say: ({ detail }) => `Unauthorized: ${detail}` },
  NO_SUCH_PATH: { code: 404, status: 404, say: () => 'HTTP 404 Not Found' },
  METHOD_NOT_ALLOWED: { code: 405, status: 405, say: () => 'HTTP 405 Method Not Allowed' },
  NOT_ACCEPTABLE: { code: 406, status: 406, say: () => 'HTTP 406 Not Acceptable' },
  BODY_TOO_SLOW: { code: 408, status: 408, say: () => 'HTTP 408 Request Timeout' },
  BODY_TOO_LARGE: {
    code: 413,
    status: 413,
    say: ({ detail }) => `HTTP 413 Request Entity Too Large: at most ${detail} bytes`,
  },
  UNSUPPORTED_MEDIA_TYPE: { code: 415, status: 415, say: () => 'HTTP 415 Unsupported Media Type' },
  NO_BODY: { code: 422, status: 422, say: () => 'The request has no body; send a JSON object' },
  OVERLOADED: {
    code: 503,
    status: 503,
    say: () =>
      'HTTP 503 Service Unavailable: requests under way hold more than fits into memory, and this one the most; try again',
  },
  KEYS_UNAVAILABLE: {
    code: 503,
    status: 503,
    say: ({ detail }) => `HTTP 503 Service Unavailable: ${detail}`,
  },
  INTERNAL: { code: 500, status: 500, say: () => 'HTTP 500 Internal Server Error' },

  FORBIDDEN: { code: 40301, status: 403, say: ({ detail }) => `User is denied operation ${detail}` },

  SUBJECT_NOT_FOUND: { code: 40401, status: 404, say: ({ subject }) => `Subject '${subject}' not found.` },
  VERSION_NOT_FOUND: { code: 40402, status: 404, say: ({ version }) => `Version ${version} not found.` },
  SCHEMA_NOT_FOUND: {
    code: 40403,
    status: 404,
    say: ({ id }) => (id === undefined ? 'Schema not found' : `Schema ${id} not found`),
  },
  SUBJECT_SOFT_DELETED: {
    code: 40404,
    status: 404,
    say: ({ subject }) => `Subject '${subject}' was soft deleted.${permanent}`,
  },
  SUBJECT_NOT_SOFT_DELETED: {
    code: 40405,
    status: 404,
    say: ({ subject }) => `Subject '${subject}' was not deleted first before being permanently deleted`,
  },
  VERSION_SOFT_DELETED: {
    code: 40406,
    status: 404,
    say: ({ subject, version }) => `Subject '${subject}' Version ${version} was soft deleted.${permanent}`,
  },
  VERSION_NOT_SOFT_DELETED: {
    code: 40407,
    status: 404,
    say: ({ subject, version }) =>
      `Subject '${subject}' Version ${version} was not deleted first before being permanently deleted`,
  },
  NO_SUBJECT_CONFIG: {
    code: 40408,
    status: 404,
    say: ({ subject }) => `Subject '${subject}' does not have subject-level compatibility configured`,
  },
  NO_SUBJECT_MODE: {
    code: 40409,
    status: 404,
    say: ({ subject }) => `Subject '${subject}' does not have subject-level mode configured`,
  },

  INCOMPATIBLE: {
    code: 40901,
    status: 409,
    say: ({ subject, detail }) =>
      `Schema being registered is incompatible with an earlier schema for subject "${subject}", details: ${detail}`,
  },

  INVALID_SCHEMA: { code: 42201, status: 422, say: ({ detail }) => detail ?? 'Invalid schema' },
  INVALID_VERSION: {
    code: 42202,
    status: 422,
    say: ({ version }) =>
      `The specified version '${version}' is not a valid version id. Allowed values are between [1, 2^31-1] and the string "latest"`,
  },
  INVALID_COMPATIBILITY: {
    code: 42203,
    status: 422,
    say: () =>
      'Invalid compatibility level. Valid values are none, backward, forward, full, backward_transitive, forward_transitive, and full_transitive',
  },
  INVALID_MODE: {
    code: 42204,
    status: 422,
    say: () => 'Invalid mode. Valid values are READWRITE, READONLY, IMPORT and FORWARD.',
  },
  NOT_PERMITTED: {
    code: 42205,
    status: 422,
    say: ({ detail }) => detail ?? 'Operation not permitted',
  },
  REFERENCE_EXISTS: {
    code: 42206,
    status: 422,
    say: ({ subject, version }) =>
      `One or more references exist to the schema {magic=1,keytype=SCHEMA,subject=${subject},version=${version}}.`,
  },
  INVALID_SUBJECT: {
    code: 42208,
    status: 422,
    say: ({ subject }) => `The specified subject '${subject}' is not a valid.`,
  },
  SCHEMA_TOO_LARGE: { code: 42209, status: 422, say: ({ detail }) => `Schema too large: ${detail}` },
  INVALID_RULE_SET: { code: 42210, status: 422, say: ({ detail }) => detail ?? 'Invalid rule set' },
  CONTEXT_NOT_EMPTY: {
    code: 42211,
    status: 422,
    say: ({ subject }) => `The specified context '${subject}' is not empty.`,
  },

  STORE_ERROR: {
    code: 50001,
    status: 500,
    say: ({ detail }) => `Error in the backend data store: ${detail}`,
  },
  STORE_TIMEOUT: { code: 50002, status: 500, say: () => 'The operation took too long and was given up' },
} as const satisfies Record<string, ClientError>;

export type ErrorKind = keyof typeof clientErrors;

/** An answer other than success: thrown anywhere, written by middleware/reply-to-errors.ts. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly kind: ErrorKind;
  readonly code: number;
  readonly status: number;

  constructor(kind: ErrorKind, words: Words = {}, options?: ErrorOptions) {
    const error: ClientError = clientErrors[kind];
    super(error.say(words), options);
    this.kind = kind;
    this.code = error.code;
    this.status = error.status;
  }
}
