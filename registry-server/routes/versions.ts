import { readBody } from '../middleware/read-body.ts';
import { deleteVersion } from '../services/delete-versions.ts';
import { getVersion, listVersions } from '../services/find-version.ts';
import { registerSchema } from '../services/register-schema.ts';
import type { Version } from '../store/store.ts';
import { getWritableName } from '../subject-name.ts';
import {
  flag,
  pageOf,
  parameter,
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
    ctx.body = { ...registered, ...writeContent(content) };
  });

  router.get('/subjects/:subject/versions/:version', async (ctx) => {
    ctx.body = writeVersion(await getVersion(store, subjectOf(ctx), versionOf(ctx), flag(ctx, 'deleted')));
  });

  router.get('/subjects/:subject/versions/:version/schema', async (ctx) => {
    const { content } = await getVersion(store, subjectOf(ctx), versionOf(ctx), flag(ctx, 'deleted'));
    ctx.body = content.schema;
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
};
