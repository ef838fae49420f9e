import { readBody } from '../middleware/read-body.ts';
import { ref } from '../openapi/schemas.ts';
import { readSentSchema } from '../reading/read-sent-schema.ts';
import type { Registry } from '../registry.ts';
import { checkAgainst, explainAgainst } from '../services/check-against.ts';
import type { VersionWanted } from '../services/find-version.ts';
import { flag, subjectOf, versionOf } from './read-request.ts';
import { type Resource, type RouteContext, route } from './route.ts';

export const compatibility: Resource = {
  name: 'Compatibility',
  description: 'Whether a schema could be registered, without registering it.',
  isInContexts: true,
  routes: [
    route('POST', '/compatibility/subjects/:subject/versions', {
      id: 'checkAgainstVersions',
      summary: 'Check a schema against the versions that its compatibility level demands',
      needs: 'reader',
      query: ['normalize', 'verbose'],
      body: 'sentSchema',
      reply: {
        description: 'With `verbose=true` a schema that cannot be read is one that is not compatible.',
        schema: ref('Compatibility'),
      },
      errors: ['INVALID_SCHEMA', 'SCHEMA_TOO_LARGE', 'INVALID_RULE_SET'],
      handle: (ctx, registry) => check(ctx, registry, 'all'),
    }),

    route('POST', '/compatibility/subjects/:subject/versions/:version', {
      id: 'checkAgainstVersion',
      summary: 'Check a schema against one version',
      needs: 'reader',
      query: ['normalize', 'verbose'],
      body: 'sentSchema',
      reply: {
        description: '`latest` of an unknown subject is compatible with everything.',
        schema: ref('Compatibility'),
      },
      errors: [
        'VERSION_NOT_FOUND',
        'INVALID_SCHEMA',
        'SCHEMA_TOO_LARGE',
        'INVALID_VERSION',
        'INVALID_RULE_SET',
      ],
      handle: (ctx, registry) => check(ctx, registry, versionOf(ctx)),
    }),
  ],
};

async function check(
  ctx: RouteContext<'subject'>,
  registry: Registry,
  wanted: VersionWanted | 'all',
): Promise<void> {
  const sent = readSentSchema(await readBody(ctx, registry.maxBodyBytes));
  const isVerbose = flag(ctx, 'verbose');
  const messages = await (isVerbose ? explainAgainst : checkAgainst)(registry, subjectOf(ctx), sent, wanted);
  const is_compatible = messages.length === 0;
  ctx.body = isVerbose ? { is_compatible, messages } : { is_compatible };
}
