import type { RouterContext } from '@koa/router';
import { readBody } from '../middleware/read-body.ts';
import { deleteVersion } from '../services/delete-versions.ts';
import { type FoundVersion, getVersion, listVersions } from '../services/find-version.ts';
import { formatSchema } from '../services/format-schema.ts';
import { registerSchema } from '../services/register-schema.ts';
import type { Version } from '../store/store.ts';
import { getWritableName } from '../subject-name.ts';
import {
  flag,
  pageOf,
  parameter,
  query,
  readInteger,
  readSentSchema,
  slicePage,
  subjectOf,
  versionOf,
} from './read-request.ts';
import type { Route } from './route.ts';
import { writeContent, writeVersion } from './write-reply.ts';

export const versions: Route = (router, registry) => {
  const { store } = registry;

  router.get('/subjects/:subject/versions', async (ctx) => {
    const asNegative = flag(ctx, 'deletedAsNegative');
    const onlyDeleted = flag(ctx, 'deletedOnly');
    const all = asNegative || flag(ctx, 'deleted');
    const isShown = ({ isDeleted }: Version) => (onlyDeleted && !asNegative ? isDeleted : all || !isDeleted);
    const shown = await listVersions(store, subjectOf(ctx), isShown);
    const numbers = shown.map(({ version, isDeleted }) => (asNegative && isDeleted ? -version : version));
    ctx.body = slicePage(numbers, pageOf(ctx));
  });

  router.post('/subjects/:subject/versions', async (ctx) => {
    const name = getWritableName(parameter(ctx, 'subject'), 'a schema');
    const body = await readBody(ctx, registry.maxBodyBytes);
    const { content, ...registered } = await registerSchema(registry, {
      name,
      sent: readSentSchema(body),
      version: readInteger(body, 'version') ?? 0,
      id: readInteger(body, 'id'),
      normalize: flag(ctx, 'normalize'),
      force: flag(ctx, 'force'),
    });
    const shown = await formatSchema(registry, name.context, content, query(ctx, 'format'));
    ctx.body = { ...registered, ...writeContent(shown) };
  });

  router.get('/subjects/:subject/versions/:version', async (ctx) => {
    ctx.body = writeVersion(await getFormatted(ctx));
  });

  router.get('/subjects/:subject/versions/:version/schema', async (ctx) => {
    ctx.body = (await getFormatted(ctx)).content.schema;
  });

  router.get('/subjects/:subject/versions/:version/referencedby', async (ctx) => {
    const { name, version } = await getVersion(store, subjectOf(ctx), versionOf(ctx), flag(ctx, 'deleted'));
    const referrers = await store.listReferrers(name, version);
    const shown = referrers.filter(({ isLive }) => isLive || flag(ctx, 'deleted')).map(({ id }) => id);
    ctx.body = slicePage(shown, pageOf(ctx));
  });

  router.delete('/subjects/:subject/versions/:version', async (ctx) => {
    ctx.body = await deleteVersion(store, subjectOf(ctx), versionOf(ctx), flag(ctx, 'permanent'));
  });

  async function getFormatted(ctx: RouterContext): Promise<FoundVersion> {
    const found = await getVersion(store, subjectOf(ctx), versionOf(ctx), flag(ctx, 'deleted'));
    const content = await formatSchema(registry, found.content.context, found.content, query(ctx, 'format'));
    return { ...found, content };
  }
};
