import type { RouterContext } from '@koa/router';
import { readBody } from '../middleware/read-body.ts';
import { readSentSchema } from '../reading/read-sent-schema.ts';
import { checkAgainst, explainAgainst } from '../services/check-against.ts';
import type { VersionWanted } from '../services/find-version.ts';
import { flag, subjectOf, versionOf } from './read-request.ts';
import type { Route } from './route.ts';

export const compatibility: Route = (router, registry) => {
  router.post('/compatibility/subjects/:subject/versions', (ctx) => check(ctx, 'all'));
  router.post('/compatibility/subjects/:subject/versions/:version', (ctx) => check(ctx, versionOf(ctx)));

  async function check(ctx: RouterContext, wanted: VersionWanted | 'all'): Promise<void> {
    const sent = readSentSchema(await readBody(ctx, registry.maxBodyBytes));
    const isVerbose = flag(ctx, 'verbose');
    const messages = await (isVerbose ? explainAgainst : checkAgainst)(
      registry,
      subjectOf(ctx),
      sent,
      wanted,
    );
    const is_compatible = messages.length === 0;
    ctx.body = isVerbose ? { is_compatible, messages } : { is_compatible };
  }
};
