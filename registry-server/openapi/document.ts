import type { Credentials } from '../authentication/authenticate.ts';
import { clientErrors, type ErrorKind } from '../errors.ts';
import { mediaTypes } from '../reading/media-types.ts';
import type { Reply, Resource, Route } from '../routes/route.ts';
import { version } from '../version.ts';
import { bodies } from './bodies.ts';
import type { JsonSchema } from './json-schema.ts';
import { pathParameters, queryParameters } from './parameters.ts';
import { ref, schemas } from './schemas.ts';

/** A parameter in the path of a route. */
const parameter = /:(\w+)/g;
const CONTEXT_PREFIX = '/contexts/:context';

/** What any request to the API may meet. */
const anywhere: readonly ErrorKind[] = [
  'BAD_REQUEST',
  'NOT_ACCEPTABLE',
  'INTERNAL',
  'STORE_ERROR',
  'STORE_TIMEOUT',
];
const withBody: readonly ErrorKind[] = ['BODY_TOO_SLOW', 'BODY_TOO_LARGE', 'NO_BODY', 'OVERLOADED'];

/** The bytes of the OpenAPI document. They are made when somebody asks: most servers are never asked. */
export function lazyDocument(resources: readonly Resource[], credentials?: Credentials): () => Buffer {
  let bytes: Buffer | undefined;
  return () => {
    bytes ??= Buffer.from(JSON.stringify(openApiDocument(resources, credentials)));
    return bytes;
  };
}

/**
 * The OpenAPI 3.1 document of all that the server answers.
 * @param credentials what it asks for; undefined: nothing, and then the document knows of none
 */
export function openApiDocument(resources: readonly Resource[], credentials?: Credentials) {
  const responses: Record<string, JsonSchema> = {
    HeadTooLarge: { description: 'The path and the headers have more than 64 kB. No body.' },
  };
  const paths: Record<string, Record<string, unknown>> = {};
  for (const resource of resources) {
    for (const route of resource.routes) add(resource, route);
    if (!resource.isInContexts) continue;
    for (const route of resource.routes) add(resource, inContext(route));
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

  function add(resource: Resource, route: Route): void {
    const { method, needs, id, summary, description, query = [], body, reply, otherReplies = [] } = route;
    const path = route.path.replaceAll(parameter, '{$1}');
    const isOpen = needs === 'open' || needs === 'optional';
    const isLocked = credentials !== undefined && !isOpen;
    const takesCredentials = isLocked || (credentials !== undefined && needs === 'optional');
    paths[path] ??= {};
    paths[path][method.toLowerCase()] = {
      operationId: id,
      tags: [resource.name],
      summary,
      description: isLocked
        ? [description, `Needs the role ${needs}.`].filter(Boolean).join(' ')
        : description,
      security: takesCredentials
        ? [
            ...(isOpen ? [{}] : []),
            ...Object.keys(securitySchemes(credentials)).map((scheme) => ({ [scheme]: [] })),
          ]
        : credentials && [],
      parameters: [
        ...parametersOf(route.path).map((name) => ({ $ref: `#/components/parameters/${name}` })),
        ...query.map((name) => ({ $ref: `#/components/parameters/${name}Query` })),
      ],
      requestBody: body && { $ref: `#/components/requestBodies/${body}` },
      responses: {
        ...Object.fromEntries([reply, ...otherReplies].map((each) => [each.status ?? 200, writeReply(each)])),
        ...writeErrors(
          new Set([
            ...errorsOf(resource, route),
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
function inContext(route: Route): Route {
  return {
    ...route,
    id: `${route.id}InContext`,
    path: `${CONTEXT_PREFIX}${route.path}`,
    summary: `${route.summary}, in a context`,
    // Of the context.
    errors: [...(route.errors ?? []), ...(route.method === 'PUT' ? (['INVALID_SUBJECT'] as const) : [])],
  };
}

function parametersOf(path: string): readonly string[] {
  return [...path.matchAll(parameter)].map(([, name]) => name as string);
}

function parametersIn(where: 'path' | 'query', parameters: Readonly<Record<string, object>>) {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, parameter]) => [
      where === 'path' ? name : `${name}Query`,
      { name, in: where, ...(where === 'path' ? { required: true } : {}), ...parameter },
    ]),
  );
}

function errorsOf({ isForProbes }: Resource, { method, body, errors = [] }: Route): Set<ErrorKind> {
  if (isForProbes) return new Set();
  return new Set([
    ...anywhere,
    ...(method === 'GET' ? [] : (['UNSUPPORTED_MEDIA_TYPE'] as const)),
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
