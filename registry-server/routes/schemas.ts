import type { RouterContext } from '@koa/router';
import { readSubjectPrefix } from '../reading/read-subject-name.ts';
import { listByGuid } from '../services/find-by-guid.ts';
import { type FoundSchema, getById } from '../services/find-by-id.ts';
import { listUses } from '../services/list-uses.ts';
import { schemaTypeNames } from '../services/parse-schema.ts';
import { withAliases } from '../services/with-aliases.ts';
import type { ListedVersion, VersionFilter, VersionPosition } from '../store/store.ts';
import { formatSubjectName, parseSubjectName, type SubjectName } from '../subject-name.ts';
import { writeSchema, writeVersion } from '../writing/write-schema.ts';
import { flag, idOf, pageOf, parameter, query, slicePage } from './read-request.ts';
import type { Route } from './route.ts';
import { findTags, shape } from './shape-schema.ts';
import { writeList } from './write-list.ts';

const MAX_LISTED = 1_000;
// Each may be as large as a schema can be.
const PART_SIZE = 100;

export const schemas: Route = (router, registry) => {
  const { store } = registry;

  router.get('/schemas', async (ctx) => {
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
  });

  router.get('/schemas/types', (ctx) => {
    ctx.body = schemaTypeNames;
  });

  router.get('/schemas/ids/:id', async (ctx) => {
    const { stored, use } = await getSchema(ctx);
    const { context, id } = stored;
    const named = use && { subject: formatSubjectName(use.name), version: use.version, ts: use.createdAtMs };
    ctx.body = {
      ...named,
      ...writeSchema(await shape(ctx, registry, stored)),
      ...(await findTags(ctx, registry, stored)),
      maxId: flag(ctx, 'fetchMaxId') ? Math.max(id, await store.findLastId(context)) : undefined,
      deleted: use?.isDeleted ? true : undefined,
    };
  });

  router.get('/schemas/ids/:id/schema', async (ctx) => {
    ctx.body = (await shape(ctx, registry, (await getSchema(ctx)).stored)).schema;
  });

  router.get('/schemas/ids/:id/subjects', async (ctx) => {
    const uses = await listShownUses(ctx);
    const names = new Set(uses.map(({ name }) => formatSubjectName(name)));
    ctx.body = slicePage([...names], pageOf(ctx));
  });

  router.get('/schemas/ids/:id/versions', async (ctx) => {
    const uses = await listShownUses(ctx);
    const pairs = uses.map(({ name, version }) => ({ subject: formatSubjectName(name), version }));
    ctx.body = slicePage(pairs, pageOf(ctx));
  });

  router.get('/schemas/guids/:guid', async (ctx) => {
    const [stored] = await listByGuid(store, parameter(ctx, 'guid'));
    ctx.body = writeSchema(await shape(ctx, registry, stored));
  });

  router.get('/schemas/guids/:guid/ids', async (ctx) => {
    const found = await listByGuid(store, parameter(ctx, 'guid'));
    ctx.body = found.map(({ context, id }) => ({ context, id }));
  });

  function getSchema(ctx: RouterContext): Promise<FoundSchema> {
    return getById(store, idOf(ctx), namedIn(ctx));
  }

  function listShownUses(ctx: RouterContext) {
    return listUses(store, idOf(ctx), namedIn(ctx), flag(ctx, 'deleted'));
  }

  function namedIn(ctx: RouterContext): SubjectName {
    return parseSubjectName(query(ctx, 'subject') ?? '');
  }
};
