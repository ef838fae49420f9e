import type { RouterContext } from '@koa/router';
import { RegistryError } from '../errors.ts';
import { readBody } from '../middleware/read-body.ts';
import { checkAgainst } from '../services/check-against.ts';
import type { VersionWanted } from '../services/find-version.ts';
import { flag, readSentSchema, subjectOf, versionOf } from './read-request.ts';
import type { Route } from './route.ts';

export const compatibility: Route = (router, registry) => {
  router.post('/compatibility/subjects/:subject/versions', (ctx) => check(ctx, 'all'));
  router.post('/compatibility/subjects/:subject/versions/:version', (ctx) => check(ctx, versionOf(ctx)));

  async function check(ctx: RouterContext, wanted: VersionWanted | 'all'): Promise<void> {
    const sent = readSentSchema(await readBody(ctx, registry.maxBodyBytes));
    const isVerbose = flag(ctx, 'verbose');
    const messages = await checkAgainst(registry, subjectOf(ctx), sent, wanted).catch((error: unknown) => {
      // A verbose answer says what is wrong with the schema, too.
      const isUnreadable = error instanceof RegistryError && error.kind === 'INVALID_SCHEMA';
      if (isVerbose && isUnreadable) return [error.message];
      throw error;
    });
    const is_compatible = messages.length === 0;
    ctx.body = isVerbose ? { is_compatible, messages } : { is_compatible };
  }
};
