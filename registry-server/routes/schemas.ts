import type { RouterContext } from '@koa/router';
import { RegistryError } from '../errors.ts';
import { formatSchema } from '../services/format-schema.ts';
import { schemaTypeNames } from '../services/parse-schema.ts';
import type { StoredSchema } from '../store/store.ts';
import { formatSubjectName, parseSubjectName } from '../subject-name.ts';
import { flag, idOf, pageOf, parameter, query, slicePage } from './read-request.ts';
import type { Route } from './route.ts';
import { writeSchema } from './write-reply.ts';

export const schemas: Route = (router, registry) => {
  const { store } = registry;

  router.get('/schemas/types', (ctx) => {
    ctx.body = schemaTypeNames;
  });

  router.get('/schemas/ids/:id', async (ctx) => {
    const stored = await getSchema(ctx);
    const { context, id } = stored;
    ctx.body = { ...(await usedAs(ctx, context, id)), ...writeSchema(await format(ctx, stored)) };
  });

  router.get('/schemas/ids/:id/schema', async (ctx) => {
    ctx.body = (await format(ctx, await getSchema(ctx))).schema;
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
    const [stored] = await listByGuid(ctx);
    if (stored) ctx.body = writeSchema(await format(ctx, stored));
  });

  router.get('/schemas/guids/:guid/ids', async (ctx) => {
    ctx.body = (await listByGuid(ctx)).map(({ context, id }) => ({ context, id }));
  });

  const format = (ctx: RouterContext, stored: StoredSchema): Promise<StoredSchema> =>
    formatSchema(registry, stored.context, stored, query(ctx, 'format'));

  async function getSchema(ctx: RouterContext): Promise<StoredSchema> {
    const id = idOf(ctx);
    const { context } = parseSubjectName(query(ctx, 'subject') ?? '');
    const stored = await store.findSchema(context, id);
    if (!stored) throw new RegistryError('SCHEMA_NOT_FOUND', { id });
    return stored;
  }

  /** Subject and version, when the client named the subject. */
  async function usedAs(ctx: RouterContext, context: string, id: number) {
    const name = parseSubjectName(query(ctx, 'subject') ?? '');
    if (name.subject === '') return {};
    const { versions } = await store.readSubject({ ...name, context }, 'recent');
    const used = versions.findLast((version) => version.id === id);
    return used ? { subject: formatSubjectName(name), version: used.version } : {};
  }

  async function listShownUses(ctx: RouterContext) {
    const { context, id } = await getSchema(ctx);
    const uses = await store.listUses(context, id);
    return uses.filter(({ isDeleted }) => !isDeleted || flag(ctx, 'deleted'));
  }

  async function listByGuid(ctx: RouterContext): Promise<readonly StoredSchema[]> {
    const guid = parameter(ctx, 'guid');
    const isGuid = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(guid);
    const found = isGuid ? await store.listSchemasByGuid(guid) : [];
    if (found.length === 0) throw new RegistryError('SCHEMA_NOT_FOUND', { id: guid });
    return found;
  }
};
