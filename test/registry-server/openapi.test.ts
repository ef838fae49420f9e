import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Router } from '@koa/router';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect } from 'chai';
import { openApiDocument } from '../../registry-server/openapi/document.ts';
import type { Registry } from '../../registry-server/registry.ts';
import { addRoutes } from '../../registry-server/routes/add-routes.ts';
import type { AboutServer } from '../../registry-server/routes/route.ts';
import { resources } from '../../registry-server/routes/table.ts';
import { anAvroRecord } from '../build/schema.ts';
import { type Reply, startServer, type TestServer } from '../build/server.ts';

// biome-ignore lint/suspicious/noExplicitAny: a document is looked into at every depth
const document = JSON.parse(JSON.stringify(openApiDocument(resources))) as any;
const credentials = { apiKeyHeader: 'X-API-Key', takesTokens: true };
const locked = JSON.parse(JSON.stringify(openApiDocument(resources, credentials))) as typeof document;

interface Described {
  readonly operationId: string;
  readonly method: string;
  readonly path: string;
  readonly responses: Readonly<Record<string, unknown>>;
}

const described = Object.entries<Record<string, Omit<Described, 'method' | 'path'>>>(document.paths).flatMap(
  ([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Described => ({ ...operation, method, path })),
);
const prefixed = /^\/contexts\/\{context\}(?=\/)/;

describe('the OpenAPI document', () => {
  it('has every route of the server, and no other', () => {
    const router = new Router();
    addRoutes(router, resources, {} as Registry, {} as AboutServer);
    const served = router.stack.flatMap(({ path, methods }) =>
      methods.filter((method) => method !== 'HEAD').map((method) => `${method} ${path}`),
    );
    // What is under a context is that of the same path: app.test.ts says so.
    const written = described
      .filter(({ path }) => !prefixed.test(path))
      .map(({ method, path }) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`);
    expect(written.toSorted()).to.deep.equal(served.toSorted());
  });

  for (const [title, each] of Object.entries({
    'asks nobody who they are': document,
    'asks everybody': locked,
  }))
    it(`has nothing that Redocly's linter would say, of a server that ${title}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'registry-openapi-'));
      try {
        const file = join(folder, 'openapi.json');
        writeFileSync(file, JSON.stringify(each));
        const program = fileURLToPath(new URL('../../node_modules/.bin/redocly', import.meta.url));
        const said = await promisify(execFile)(program, ['lint', '--extends=recommended-strict', file], {
          env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
        }).then(
          () => '',
          ({ stdout, stderr }) => `${stdout}${stderr}`,
        );
        expect(said).to.equal('');
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

  it('gives every operation a name of its own and a summary', () => {
    const names = described.map(({ operationId }) => operationId);
    expect(new Set(names).size).to.equal(names.length);
    for (const resource of resources) {
      for (const { id, summary } of resource.routes) expect(summary, id).not.to.match(/^$|\.$/);
    }
  });

  for (const [title, each] of Object.entries({
    'asks nobody who they are': document,
    'asks everybody': locked,
  })) {
    it(`has whatever it points at, and points at all that it has, of a server that ${title}`, () => {
      const pointers = new Set(
        [...JSON.stringify(each).matchAll(/"\$ref":"#([^"]+)"/g)].map(([, to]) => to as string),
      );
      const { securitySchemes: _, ...components } = each.components;
      const held = Object.entries<object>(components).flatMap(([kind, named]) =>
        Object.keys(named).map((name) => `/components/${kind}/${name}`),
      );
      expect([...pointers].toSorted()).to.deep.equal(held.toSorted());
    });
  }

  it('says of each operation which role it needs, where there are roles', () => {
    const schemes = Object.keys(locked.components.securitySchemes);
    for (const [path, methods] of Object.entries<Record<string, Record<string, unknown>>>(locked.paths)) {
      for (const { operationId, description, security, responses } of Object.values(methods)) {
        const anyOfThem = schemes.map((scheme) => ({ [scheme]: [] }));
        const isOpen = /^\/(health|ready|openapi\.json)?$/.test(path);
        expect(security, String(operationId)).to.deep.equal(
          path === '/ready' ? [{}, ...anyOfThem] : isOpen ? [] : anyOfThem,
        );
        if (isOpen) continue;
        expect(description).to.match(/Needs the role (reader|writer|admin)\.$/);
        expect(responses).to.include.keys('401', '403');
      }
    }
    expect(document.security).to.deep.equal([]);
    expect(JSON.stringify(document)).not.to.match(/securitySchemes|"security":\[[^\]]|Needs the role/);
  });

  it('examples are what the schemas allow', () => {
    const { compile } = validators({ isClosed: true });
    for (const [name, { content }] of Object.entries<{ content: object }>(
      document.components.requestBodies,
    )) {
      const [{ schema, examples }] = Object.values(content);
      for (const [title, { value }] of Object.entries<{ value: unknown }>(examples)) {
        expectValid(compile(schema), value, `${name}, ${title}`);
      }
    }
    for (const { operationId, responses } of described) {
      for (const response of Object.values(responses)) {
        const { schema, example } = contentOf(response) ?? {};
        if (example !== undefined) expectValid(compile(schema), example, operationId);
      }
    }
  });
});

describe('replies', () => {
  const { compile } = validators({ isClosed: true });
  const schema = anAvroRecord('Order', ['a']);
  const base = { schema: anAvroRecord('Base', ['a']) };
  const user = {
    schema: anAvroRecord('User', [{ name: 'base', type: 'Base' }]),
    references: [{ name: 'Base', subject: 'base', version: 1 }],
  };
  const contract = {
    schema: anAvroRecord('Contract', ['a', 'b']),
    metadata: { tags: { '**.a': ['PII'] }, properties: { owner: 'team' }, sensitive: ['owner'] },
    ruleSet: {
      domainRules: [{ name: 'r', kind: 'CONDITION', mode: 'WRITE', type: 'CEL', expr: 'message.a > 0' }],
    },
  };
  const tags = [{ schemaEntity: { entityPath: 'Contract.a', entityType: 'sr_field' }, tags: ['PII'] }];
  const guid = '00000000-0000-0000-0000-000000000000';

  /** In this order: each finds what those before it left. */
  const calls: readonly (readonly [id: string, status: number, path: string, body?: object])[] = [
    ['getRoot', 200, '/'],
    ['postRoot', 200, '/', {}],
    ['getClusterId', 200, '/v1/metadata/id'],
    ['getServerVersion', 200, '/v1/metadata/version'],
    ['getDeployment', 200, '/v1/metadata/deployment'],
    ['getDocument', 200, '/openapi.json'],
    ['getHealth', 200, '/health'],
    ['getReadiness', 200, '/ready'],

    ['registerSchema', 200, '/subjects/orders/versions', { schema }],
    ['registerSchema', 200, '/subjects/orders/versions?normalize=true', { schema }],
    ['registerSchema', 409, '/subjects/orders/versions', { schema: '"int"' }],
    ['registerSchema', 422, '/subjects/orders/versions', { schema: '{' }],
    ['registerSchema', 422, '/subjects/__GLOBAL/versions', { schema }],
    ['registerSchema', 422, '/subjects/orders/versions', { schema, id: 7 }],
    ['registerSchema', 200, '/subjects/base/versions', base],
    ['registerSchema', 200, '/subjects/user/versions', user],
    ['registerSchema', 200, '/subjects/contract/versions', contract],
    ['registerSchema', 422, '/subjects/contract/versions', { ...contract, ruleSet: { domainRules: [{}] } }],
    ['changeTags', 200, '/subjects/contract/versions/1/tags', { tagsToAdd: tags }],
    ['changeTags', 404, '/subjects/contract/versions/9/tags', { tagsToAdd: tags }],
    ['findByMetadata', 200, '/subjects/contract/metadata?key=owner&value=team'],
    ['findByMetadata', 404, '/subjects/contract/metadata?key=owner&value=other'],
    ['lookupSchema', 200, '/subjects/orders', { schema }],
    ['lookupSchema', 404, '/subjects/none', { schema }],
    ['lookupSchema', 404, '/subjects/orders', { schema: '"int"' }],

    ['listSubjects', 200, '/subjects?limit=10'],
    ['listSubjects', 404, '/subjects?limit=ten'],
    ['listSubjects', 400, '/subjects?subjectPrefix=%00'],
    ['listVersions', 200, '/subjects/orders/versions'],
    ['listVersions', 404, '/subjects/none/versions'],
    ['getVersion', 200, '/subjects/orders/versions/latest'],
    ['getVersion', 200, '/subjects/user/versions/1?referenceFormat=qualified'],
    ['getVersion', 200, '/subjects/contract/versions/latest?findTags=*'],
    ['getVersion', 422, '/subjects/orders/versions/0'],
    ['getVersion', 404, '/subjects/orders/versions/9'],
    ['getVersionText', 200, '/subjects/orders/versions/1/schema'],
    ['listReferrers', 200, '/subjects/base/versions/1/referencedby'],
    ['listSchemas', 200, '/schemas?aliases=true'],
    ['listSchemas', 200, '/schemas?ruleType=CEL&latestOnly=true'],
    ['listSchemaTypes', 200, '/schemas/types'],
    ['getSchema', 200, '/schemas/ids/2'],
    ['getSchema', 200, '/schemas/ids/2?subject=orders&fetchMaxId=true'],
    ['getSchema', 200, '/schemas/ids/6?findTags=PII'],
    ['getSchema', 404, '/schemas/ids/99'],
    ['getSchema', 400, '/schemas/ids/2?subject=a%00b'],
    ['getSchema', 404, '/schemas/ids/one'],
    ['getSchemaText', 200, '/schemas/ids/2/schema'],
    ['listSubjectsOfSchema', 200, '/schemas/ids/2/subjects'],
    ['listVersionsOfSchema', 200, '/schemas/ids/2/versions'],
    ['getSchemaByGuid', 200, '/schemas/guids/GUID'],
    ['getSchemaByGuid', 404, `/schemas/guids/${guid}`],
    ['listIdsOfGuid', 200, '/schemas/guids/GUID/ids'],

    [
      'checkAgainstVersions',
      200,
      '/compatibility/subjects/orders/versions?verbose=true',
      { schema: '"int"' },
    ],
    ['checkAgainstVersion', 200, '/compatibility/subjects/orders/versions/latest', { schema }],
    ['checkAgainstVersion', 404, '/compatibility/subjects/orders/versions/9', { schema }],
    ['checkAgainstVersion', 422, '/compatibility/subjects/orders/versions/x', { schema }],

    ['changeConfig', 200, '/config', { compatibility: 'FULL', defaultMetadata: { properties: { a: 'b' } } }],
    ['changeConfig', 422, '/config', { compatibility: 'MUCH' }],
    ['changeConfig', 422, '/config', { aliasForDeks: 'a\u0007' }],
    ['getConfig', 200, '/config'],
    ['getConfig', 200, '/config?defaultToGlobal=true'],
    ['deleteConfig', 200, '/config'],
    ['getSubjectConfig', 404, '/config/orders'],
    [
      'changeSubjectConfig',
      200,
      '/config/orders',
      { compatibility: 'none', normalize: true, validateFields: true, compatibilityGroup: 'major' },
    ],
    ['getSubjectConfig', 200, '/config/orders'],
    ['deleteSubjectConfig', 200, '/config/orders'],
    ['deleteSubjectConfig', 404, '/config/orders'],

    ['changeMode', 200, '/mode', { mode: 'READONLY' }],
    ['getMode', 200, '/mode'],
    ['changeMode', 422, '/mode', { mode: 'SLEEPING' }],
    ['deleteSubject', 422, '/subjects/orders'],
    ['deleteMode', 200, '/mode'],
    ['getSubjectMode', 404, '/mode/orders'],
    ['changeSubjectMode', 200, '/mode/orders', { mode: 'READWRITE' }],
    ['getSubjectMode', 200, '/mode/orders'],
    ['deleteSubjectMode', 200, '/mode/orders'],
    ['deleteSubjectMode', 404, '/mode/orders'],

    ['deleteVersion', 422, '/subjects/base/versions/1'],
    ['deleteVersion', 404, '/subjects/user/versions/1?permanent=true'],
    ['deleteVersion', 200, '/subjects/user/versions/1'],
    ['listSubjects', 200, '/subjects?deleted=true'],
    ['getVersion', 200, '/subjects/user/versions/1?deleted=true'],
    ['listSchemas', 200, '/schemas?deleted=true'],
    ['deleteVersion', 200, '/subjects/user/versions/1?permanent=true'],
    ['deleteSubject', 200, '/subjects/orders'],
    ['deleteSubject', 404, '/subjects/orders'],
    ['listVersionsOfSchema', 200, '/schemas/ids/2/versions'],
    ['deleteSubject', 200, '/subjects/orders?permanent=true'],

    [
      'render',
      200,
      '/api/v1/render',
      { profile: 'openai-chat', schema: { type: 'object', properties: { a: {} } } },
    ],
    [
      'render',
      200,
      '/api/v1/render',
      { profile: 'anthropic', tools: [{ name: 'a.b', inputSchema: { $ref: '#/none' } }] },
    ],
    ['render', 422, '/api/v1/render', { profile: 'none' }],

    ['listContexts', 200, '/contexts'],
    ['deleteContext', 422, '/contexts/.inner'],
    ['deleteContext', 204, '/contexts/.empty'],
  ];

  let server: TestServer;
  let known: string;
  const byName = new Map(described.map((operation) => [operation.operationId, operation]));
  const inContexts = new Set(
    resources.filter(({ isInContexts }) => isInContexts).flatMap(({ routes }) => routes.map(({ id }) => id)),
  );

  before(async () => {
    server = await startServer();
    await server.ready;
    // So the first schema of the calls has the id 2, in this context as in the default one.
    known = (await server.ask('POST', '/subjects/known/versions', { schema: '"string"' })).body.guid;
    await server.ask('POST', '/subjects/:.inner:known/versions', { schema: '"string"' });
    await server.ask('DELETE', '/subjects/known');
    await server.ask('DELETE', '/subjects/known?permanent=true');
  });
  after(() => server.stop());

  it('are tried for every operation', () => {
    expect([...new Set(calls.map(([id]) => id))].toSorted()).to.deep.equal(
      resources.flatMap(({ routes }) => routes.map(({ id }) => id)).toSorted(),
    );
  });

  for (const prefix of ['', '/contexts/.inner']) {
    for (const [id, status, path, body] of calls) {
      if (prefix !== '' && !inContexts.has(id)) continue;
      const operation = byName.get(prefix === '' ? id : `${id}InContext`) as Described;
      it(`${operation.method.toUpperCase()} ${prefix}${path} is ${status}, as written`, async () => {
        const target = prefix + path.replace('GUID', known);
        const reply = await server.ask(operation.method.toUpperCase(), target, body);
        expect([reply.status, reply.text.slice(0, 500)]).to.deep.equal([status, reply.text.slice(0, 500)]);
        expectAsWritten(operation, reply);
      });
    }
  }

  it('are counted under the paths of the routes, whoever gives them', async () => {
    const metrics = await (await fetch(`${server.metricsUrl}/metrics`)).text();
    const counted = [...metrics.matchAll(/^schema_registry_http_requests_total\{route="([^"]+)"/gm)];
    const paths = resources.flatMap(({ routes }) => routes.map(({ path }) => path));
    expect(new Set(counted.map(([, path]) => path))).to.deep.equal(new Set([...paths, 'none']));
  });

  function expectAsWritten({ operationId, responses }: Described, reply: Reply): void {
    const response = responses[reply.status];
    expect(response, `${operationId} has no ${reply.status}`).not.to.equal(undefined);
    const [type = ''] = reply.type.split(';');
    const content = contentOf(response, type);
    if (reply.status === 204) return;
    expect(content, `${operationId} answers ${type}`).not.to.equal(undefined);
    if (content?.schema) expectValid(compile(content.schema), reply.body, operationId);
  }
});

interface Content {
  readonly schema?: object;
  readonly example?: unknown;
}

function contentOf(response: unknown, type?: string): Content | undefined {
  const { $ref: pointer } = response as { $ref?: string };
  const target = pointer ? document.components.responses[pointer.split('/').at(-1) as string] : response;
  const content: Record<string, Content> = target.content ?? {};
  return type === undefined ? Object.values(content)[0] : content[type];
}

/** Closed, so that a reply holds nothing that the document does not name. */
function validators({ isClosed }: { isClosed: boolean }) {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  // biome-ignore lint/suspicious/noExplicitAny: its types say that the module is what it exports
  (addFormats as any)(ajv);
  const schemas = isClosed ? closed(document.components.schemas) : document.components.schemas;
  ajv.addSchema({ $id: 'document', components: { schemas } });
  return {
    compile: (schema: object | undefined): ValidateFunction =>
      ajv.compile(
        JSON.parse(JSON.stringify(schema ?? {}).replaceAll('"#/components', '"document#/components')),
      ),
  };
}

function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return 'properties' in copy && copy.type === 'object' ? { additionalProperties: false, ...copy } : copy;
}

function expectValid(validate: ValidateFunction, value: unknown, what: string): void {
  const isValid = validate(value);
  const errors = (validate.errors ?? []).map(({ instancePath, message, params }) => [
    instancePath,
    message,
    params,
  ]);
  expect(isValid, `${what}: ${JSON.stringify(errors)} in ${JSON.stringify(value)?.slice(0, 800)}`).to.equal(
    true,
  );
}
