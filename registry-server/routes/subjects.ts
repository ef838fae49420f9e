import { readBody } from '../middleware/read-body.ts';
import { deleteSubject } from '../services/delete-versions.ts';
import { formatSchema } from '../services/format-schema.ts';
import { lookupSchema } from '../services/lookup-schema.ts';
import { DEFAULT_CONTEXT } from '../subject-name.ts';
import { flag, pageOf, query, readSentSchema, subjectOf } from './read-request.ts';
import type { Route } from './route.ts';
import { writeVersion } from './write-reply.ts';

export const subjects: Route = (router, registry) => {
  router.get('/subjects', async (ctx) => {
    const show = flag(ctx, 'deletedOnly') ? 'deleted' : flag(ctx, 'deleted') ? 'all' : 'live';
    const wanted = readPrefix(query(ctx, 'subjectPrefix') ?? ':*:');
    ctx.body = await registry.store.listSubjects({ ...wanted, ...pageOf(ctx), show });
  });

  router.post('/subjects/:subject', async (ctx) => {
    const sent = readSentSchema(await readBody(ctx, registry.maxBodyBytes));
    const found = await lookupSchema(registry, subjectOf(ctx), sent, {
      normalize: flag(ctx, 'normalize'),
      withDeleted: flag(ctx, 'deleted'),
    });
    const content = await formatSchema(registry, found.content.context, found.content, query(ctx, 'format'));
    ctx.body = writeVersion({ ...found, content });
  });

  router.delete('/subjects/:subject', async (ctx) => {
    ctx.body = await deleteSubject(registry.store, subjectOf(ctx), flag(ctx, 'permanent'));
  });
};

/** `:*:p` is p in every context, `:.ctx:p` in one, `p` in the default one. */
function readPrefix(text: string): { context?: string; prefix: string } {
  const qualified = /^:(\*|\.[^:]*)(?::(.*))?$/s.exec(text);
  if (!qualified) return { context: DEFAULT_CONTEXT, prefix: text };
  return { context: qualified[1] === '*' ? undefined : qualified[1], prefix: qualified[2] ?? '' };
}
