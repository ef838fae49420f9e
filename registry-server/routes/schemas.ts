import { listOf, ref } from '../openapi/schemas.ts';
import { readSubjectPrefix } from '../reading/read-subject-name.ts';
import type { Registry } from '../registry.ts';
import { listByGuid } from '../services/find-by-guid.ts';
import { type FoundSchema, getById } from '../services/find-by-id.ts';
import { listUses } from '../services/list-uses.ts';
import { schemaTypeNames } from '../services/parse-schema.ts';
import { withAliases } from '../services/with-aliases.ts';
import type { ListedVersion, VersionFilter, VersionPosition } from '../store/store.ts';
import { formatSubjectName, parseSubjectName, type SubjectName } from '../subject-name.ts';
import { writeSchema, writeVersion } from '../writing/write-schema.ts';
import { flag, idOf, pageOf, query, slicePage } from './read-request.ts';
import { type Resource, type RouteContext, route } from './route.ts';
import { findTags, shape } from './shape-schema.ts';
import { writeList } from './write-list.ts';

const MAX_LISTED = 1_000;
// Each may be as large as a schema can be.
const PART_SIZE = 100;

export const schemas: Resource = {
  name: 'Schemas',
  description: 'Schemas by what identifies their content, wherever it is registered.',
  isInContexts: true,
  routes: [
    route('GET', '/schemas', {
      id: 'listSchemas',
      summary: 'List the versions of all subjects',
      needs: 'reader',
      query: [
        'subjectPrefix',
        'aliases',
        'deleted',
        'latestOnly',
        'ruleType',
        'resourceType',
        'associationType',
        'lifecycle',
        'offset',
        'limit',
      ],
      reply: { description: 'By subject and version, at most 1000.', schema: listOf(ref('ListedVersion')) },
      errors: ['NO_SUCH_PATH'],
      async handle(ctx, { store }) {
        const sent: VersionFilter = {
          ...readSubjectPrefix(query(ctx, 'subjectPrefix') ?? ''),
          withDeleted: flag(ctx, 'deleted'),
          latestOnly: flag(ctx, 'latestOnly'),
          ruleType: query(ctx, 'ruleType') || undefined,
        };
        const { filter, aliasesOf } = flag(ctx, 'aliases')
          ? await withAliases(store, sent)
          : { filter: sent, aliasesOf: () => [] };
        await writeList<ListedVersion, VersionPosition>(ctx, {
          partSize: PART_SIZE,
          maxLimit: MAX_LISTED,
          read: (part) => store.listVersions(filter, part),
          positionOf: ({ name, version }) => ({ ...name, version }),
          write(version) {
            const aliases = aliasesOf(version.name);
            return { ...writeVersion(version), aliases: aliases.length > 0 ? aliases : undefined };
          },
        });
      },
    }),

    route('GET', '/schemas/types', {
      id: 'listSchemaTypes',
      summary: 'List the types of schemas',
      needs: 'reader',
      reply: {
        description: 'In no order.',
        schema: listOf(ref('SchemaType')),
        example: ['JSON', 'PROTOBUF', 'AVRO'],
      },
      handle(ctx) {
        ctx.body = schemaTypeNames;
      },
    }),

    route('GET', '/schemas/ids/:id', {
      id: 'getSchema',
      summary: 'Get a schema by its id',
      description: 'Soft-deleted ones, too: data that was written with them is still there.',
      needs: 'reader',
      query: ['subject', 'format', 'referenceFormat', 'findTags', 'fetchMaxId'],
      reply: { description: 'The schema.', schema: ref('Schema') },
      errors: ['SCHEMA_NOT_FOUND', 'NO_SUCH_PATH'],
      async handle(ctx, registry) {
        const { stored, use } = await getSchema(ctx, registry);
        const { context, id } = stored;
        const named = use && {
          subject: formatSubjectName(use.name),
          version: use.version,
          ts: use.createdAtMs,
        };
        ctx.body = {
          ...named,
          ...writeSchema(await shape(ctx, registry, stored)),
          ...(await findTags(ctx, registry, stored)),
          maxId: flag(ctx, 'fetchMaxId') ? Math.max(id, await registry.store.findLastId(context)) : undefined,
          deleted: use?.isDeleted ? true : undefined,
        };
      },
    }),

    route('GET', '/schemas/ids/:id/schema', {
      id: 'getSchemaText',
      summary: 'Get the text of a schema by its id',
      needs: 'reader',
      query: ['subject', 'format'],
      reply: { description: 'The schema as it stands, in no JSON of ours.' },
      errors: ['SCHEMA_NOT_FOUND', 'NO_SUCH_PATH'],
      async handle(ctx, registry) {
        ctx.body = (await shape(ctx, registry, (await getSchema(ctx, registry)).stored)).schema;
      },
    }),

    route('GET', '/schemas/ids/:id/subjects', {
      id: 'listSubjectsOfSchema',
      summary: 'List the subjects that hold a schema',
      needs: 'reader',
      query: ['subject', 'deleted', 'offset', 'limit'],
      reply: { description: 'Names.', schema: listOf({ type: 'string' }), example: ['orders-value'] },
      errors: ['SCHEMA_NOT_FOUND', 'NO_SUCH_PATH'],
      async handle(ctx, registry) {
        const uses = await listShownUses(ctx, registry);
        const names = new Set(uses.map(({ name }) => formatSubjectName(name)));
        ctx.body = slicePage([...names], pageOf(ctx));
      },
    }),

    route('GET', '/schemas/ids/:id/versions', {
      id: 'listVersionsOfSchema',
      summary: 'List the versions that hold a schema',
      needs: 'reader',
      query: ['subject', 'deleted', 'offset', 'limit'],
      reply: {
        description: 'Empty when all of them are soft-deleted.',
        schema: listOf(ref('SubjectVersion')),
      },
      errors: ['SCHEMA_NOT_FOUND', 'NO_SUCH_PATH'],
      async handle(ctx, registry) {
        const uses = await listShownUses(ctx, registry);
        const pairs = uses.map(({ name, version }) => ({ subject: formatSubjectName(name), version }));
        ctx.body = slicePage(pairs, pageOf(ctx));
      },
    }),

    route('GET', '/schemas/guids/:guid', {
      id: 'getSchemaByGuid',
      summary: 'Get a schema by its guid',
      needs: 'reader',
      query: ['format'],
      reply: { description: 'The schema.', schema: ref('Schema') },
      errors: ['SCHEMA_NOT_FOUND'],
      async handle(ctx, registry) {
        const [stored] = await listByGuid(registry.store, ctx.params.guid);
        ctx.body = writeSchema(await shape(ctx, registry, stored));
      },
    }),

    route('GET', '/schemas/guids/:guid/ids', {
      id: 'listIdsOfGuid',
      summary: 'List the ids of a schema, by context',
      needs: 'reader',
      reply: { description: 'One for each context.', schema: listOf(ref('ContextId')) },
      errors: ['SCHEMA_NOT_FOUND'],
      async handle(ctx, { store }) {
        const found = await listByGuid(store, ctx.params.guid);
        ctx.body = found.map(({ context, id }) => ({ context, id }));
      },
    }),
  ],
};

function getSchema(ctx: RouteContext<'id'>, { store }: Registry): Promise<FoundSchema> {
  return getById(store, idOf(ctx), namedIn(ctx));
}

function listShownUses(ctx: RouteContext<'id'>, { store }: Registry) {
  return listUses(store, idOf(ctx), namedIn(ctx), flag(ctx, 'deleted'));
}

function namedIn(ctx: RouteContext): SubjectName {
  return parseSubjectName(query(ctx, 'subject') ?? '');
}
