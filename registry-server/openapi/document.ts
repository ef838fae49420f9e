import type { Credentials } from '../authentication/authenticate.ts';
import { clientErrors, type ErrorKind } from '../errors.ts';
import { mediaTypes } from '../reading/media-types.ts';
import { neededRoles } from '../routes/needed-role.ts';
import { version } from '../version.ts';
import { bodies } from './bodies.ts';
import type { JsonSchema } from './json-schema.ts';
import type { Operation, Reply, Resource } from './operation.ts';
import { pathParameters, queryParameters } from './parameters.ts';
import { resources } from './paths/table.ts';
import { ref, schemas } from './schemas.ts';

const CONTEXT_PREFIX = '/contexts/{context}';

/** What any request to the API may meet. */
const anywhere: readonly ErrorKind[] = [
  'BAD_REQUEST',
  'NOT_ACCEPTABLE',
  'INTERNAL',
  'STORE_ERROR',
  'STORE_TIMEOUT',
];
const withBody: readonly ErrorKind[] = ['BODY_TOO_SLOW', 'BODY_TOO_LARGE', 'NO_BODY', 'OVERLOADED'];

/**
 * The OpenAPI 3.1 document of all that the server answers.
 * @param credentials what it asks for; undefined: nothing, and then the document knows of none
 */
export function openApiDocument(credentials?: Credentials) {
  const responses: Record<string, JsonSchema> = {
    HeadTooLarge: { description: 'The path and the headers have more than 64 kB. No body.' },
  };
  const paths: Record<string, Record<string, unknown>> = {};
  for (const resource of resources) {
    for (const operation of resource.operations) add(resource, operation);
    if (!resource.isInContexts) continue;
    for (const operation of resource.operations) add(resource, inContext(operation));
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'LLM Schema Registry',
      version,
      description: "The REST API of Confluent's Schema Registry, as this server speaks it.",
      license: { name: 'Apache 2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    // None is needed, which is another thing than not to say.
    security: credentials ? undefined : [],
    tags: resources.map(({ name, description }) => ({ name, description })),
    paths,
    components: {
      schemas,
      parameters: { ...parametersIn('path', pathParameters), ...parametersIn('query', queryParameters) },
      requestBodies: Object.fromEntries(
        Object.entries(bodies).map(([name, { schema, examples }]) => [
          name,
          {
            required: true,
            content: inEachType({ schema: ref(schema), examples: examplesOf(examples) }),
          },
        ]),
      ),
      responses,
      securitySchemes: credentials && securitySchemes(credentials),
    },
  };

  function add(resource: Resource, operation: Operation): void {
    const { path, method, id, summary, description, query = [], body, reply, otherReplies = [] } = operation;
    const need = neededRoles[routeOf(operation)];
    const isOpen = need === 'open' || need === 'told';
    const isLocked = credentials !== undefined && !isOpen;
    const takesCredentials = isLocked || (credentials !== undefined && need === 'told');
    paths[path] ??= {};
    paths[path][method] = {
      operationId: id,
      tags: [resource.name],
      summary,
      description: isLocked
        ? [description, `Needs the role ${need}.`].filter(Boolean).join(' ')
        : description,
      security: takesCredentials
        ? [
            ...(isOpen ? [{}] : []),
            ...Object.keys(securitySchemes(credentials)).map((scheme) => ({ [scheme]: [] })),
          ]
        : credentials && [],
      parameters: [
        ...parametersOf(path).map((name) => ({ $ref: `#/components/parameters/${name}` })),
        ...query.map((name) => ({ $ref: `#/components/parameters/${name}Query` })),
      ],
      requestBody: body && { $ref: `#/components/requestBodies/${body}` },
      responses: {
        ...Object.fromEntries([reply, ...otherReplies].map((each) => [each.status ?? 200, writeReply(each)])),
        ...writeErrors(
          new Set([
            ...errorsOf(resource, operation),
            ...(isLocked ? refusals : takesCredentials ? unknownCallers : []),
          ]),
        ),
        431: { $ref: '#/components/responses/HeadTooLarge' },
      },
    };
  }

  /** One response for each status, shared by all operations that can give the same errors. */
  function writeErrors(kinds: ReadonlySet<ErrorKind>): Record<string, JsonSchema> {
    const byStatus = Map.groupBy([...kinds].sort(byCode), (kind) => clientErrors[kind].status);
    return Object.fromEntries(
      [...byStatus].map(([status, found]) => {
        const codes = [...new Set(found.map((kind) => clientErrors[kind].code))];
        const name = `Error_${codes.join('_')}`;
        responses[name] ??= {
          description: found.map(describeError).join('\n\n'),
          content: inEachType({
            schema: { allOf: [ref('Error'), { properties: { error_code: { enum: codes } } }] },
          }),
        };
        return [status, { $ref: `#/components/responses/${name}` }];
      }),
    );
  }
}

const unknownCallers: readonly ErrorKind[] = ['UNAUTHORIZED', 'KEYS_UNAVAILABLE'];
const refusals: readonly ErrorKind[] = [...unknownCallers, 'FORBIDDEN'];

/** Any of them will do. */
function securitySchemes({ apiKeyHeader, takesTokens }: Credentials): Readonly<Record<string, JsonSchema>> {
  return {
    ...(apiKeyHeader === undefined
      ? {}
      : {
          apiKey: { type: 'apiKey', in: 'header', name: apiKeyHeader },
          basic: {
            type: 'http',
            scheme: 'basic',
            description: 'The password is an API key; any user name will do.',
          },
        }),
    ...(takesTokens ? { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } : {}),
  };
}

/** The same about another context. */
function inContext(operation: Operation): Operation {
  return {
    ...operation,
    id: `${operation.id}InContext`,
    path: `${CONTEXT_PREFIX}${operation.path}`,
    summary: `${operation.summary}, in a context`,
    // Of the context.
    errors: [
      ...(operation.errors ?? []),
      ...(operation.method === 'put' ? (['INVALID_SUBJECT'] as const) : []),
    ],
  };
}

/** As neededRoles has it. */
function routeOf({ method, path }: Operation): string {
  const pattern = path.replace(`${CONTEXT_PREFIX}/`, '/').replaceAll(/\{(\w+)\}/g, ':$1');
  return `${method.toUpperCase()} ${pattern}`;
}

function parametersOf(path: string): readonly string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);
}

function parametersIn(where: 'path' | 'query', parameters: Readonly<Record<string, object>>) {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, parameter]) => [
      where === 'path' ? name : `${name}Query`,
      { name, in: where, ...(where === 'path' ? { required: true } : {}), ...parameter },
    ]),
  );
}

function errorsOf(resource: Resource, { method, body, errors = [] }: Operation): Set<ErrorKind> {
  // Probes are before all that refuses requests.
  if (resource.name === 'Health') return new Set();
  return new Set([
    ...anywhere,
    ...(method === 'get' ? [] : (['UNSUPPORTED_MEDIA_TYPE'] as const)),
    ...(body ? withBody : []),
    ...errors,
  ]);
}

function writeReply({ status, description, schema, example, mediaType }: Reply): JsonSchema {
  const content = { ...(schema ? { schema } : {}), ...(example === undefined ? {} : { example }) };
  if (status === 204) return { description };
  if (mediaType) return { description, content: { [mediaType]: content } };
  return { description, content: inEachType(content) };
}

function inEachType(content: JsonSchema): JsonSchema {
  return Object.fromEntries(mediaTypes.map((type) => [type, content]));
}

function examplesOf(examples: Readonly<Record<string, unknown>>): JsonSchema {
  return Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }]));
}

function byCode(a: ErrorKind, b: ErrorKind): number {
  return clientErrors[a].code - clientErrors[b].code;
}

function describeError(kind: ErrorKind): string {
  const { code, say } = clientErrors[kind];
  return `\`${code}\` ${say({ subject: 'S', version: 1, id: 1, detail: '…' })}`;
}
