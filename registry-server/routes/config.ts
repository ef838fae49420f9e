import { readBody } from '../middleware/read-body.ts';
import { ref } from '../openapi/schemas.ts';
import { readConfigChange } from '../reading/read-config-change.ts';
import { readSubjectName } from '../reading/read-subject-name.ts';
import type { Registry } from '../registry.ts';
import { changeConfig, deleteConfig, getConfig } from '../services/change-config.ts';
import type { ScopedConfig } from '../services/effective-settings.ts';
import { getWritableName } from '../subject-name.ts';
import { flag } from './read-request.ts';
import { type Resource, type RouteContext, route } from './route.ts';

export const config: Resource = {
  name: 'Config',
  description:
    'What registrations are held to. A subject inherits from its context, and that from the server.',
  isInContexts: true,
  routes: [
    route('GET', '/config', {
      id: 'getConfig',
      summary: 'Get the config of the context',
      needs: 'reader',
      query: ['defaultToGlobal'],
      reply: {
        description: 'What applies.',
        schema: ref('Config'),
        example: { compatibilityLevel: 'BACKWARD' },
      },
      errors: ['NO_SUBJECT_CONFIG'],
      handle: (ctx, registry) => answerConfig(ctx, registry),
    }),

    route('PUT', '/config', {
      id: 'changeConfig',
      summary: 'Change the config of the context',
      needs: 'admin',
      body: 'configChange',
      reply: {
        description: 'What is stored.',
        schema: ref('ConfigChange'),
        example: { compatibility: 'FULL' },
      },
      errors: ['INVALID_COMPATIBILITY', 'NOT_PERMITTED', 'INVALID_SUBJECT', 'INVALID_RULE_SET'],
      handle: (ctx, registry) => change(ctx, registry),
    }),

    route('DELETE', '/config', {
      id: 'deleteConfig',
      summary: 'Delete the config of the context',
      needs: 'admin',
      reply: { description: 'The config as it was.', schema: ref('Config') },
      errors: ['SUBJECT_NOT_FOUND', 'NOT_PERMITTED'],
      handle: (ctx, registry) => remove(ctx, registry),
    }),

    route('GET', '/config/:subject', {
      id: 'getSubjectConfig',
      summary: 'Get the config of a subject',
      needs: 'reader',
      query: ['defaultToGlobal'],
      reply: { description: 'Its config.', schema: ref('Config'), example: { compatibilityLevel: 'FULL' } },
      errors: ['NO_SUBJECT_CONFIG'],
      handle: (ctx, registry) => answerConfig(ctx, registry, ctx.params.subject),
    }),

    route('PUT', '/config/:subject', {
      id: 'changeSubjectConfig',
      summary: 'Change the config of a subject',
      description: 'The subject need not exist yet.',
      needs: 'admin',
      body: 'configChange',
      reply: {
        description: 'What is stored.',
        schema: ref('ConfigChange'),
        example: { compatibility: 'FULL' },
      },
      errors: ['INVALID_COMPATIBILITY', 'NOT_PERMITTED', 'INVALID_SUBJECT', 'INVALID_RULE_SET'],
      handle: (ctx, registry) => change(ctx, registry, ctx.params.subject),
    }),

    route('DELETE', '/config/:subject', {
      id: 'deleteSubjectConfig',
      summary: 'Delete the config of a subject',
      needs: 'admin',
      reply: { description: 'The config as it was.', schema: ref('Config') },
      errors: ['SUBJECT_NOT_FOUND', 'NOT_PERMITTED'],
      handle: (ctx, registry) => remove(ctx, registry, ctx.params.subject),
    }),
  ],
};

/** Without a subject it is that of the default context, as for the other two. */
async function answerConfig(ctx: RouteContext, registry: Registry, subject = ''): Promise<void> {
  const name = readSubjectName(subject);
  ctx.body = writeConfig(await getConfig(registry, name, flag(ctx, 'defaultToGlobal')));
}

async function change(ctx: RouteContext, { store, maxBodyBytes }: Registry, subject = ''): Promise<void> {
  const name = getWritableName(subject, 'settings');
  ctx.body = await changeConfig(store, name, readConfigChange(await readBody(ctx, maxBodyBytes)));
}

async function remove(ctx: RouteContext, registry: Registry, subject = ''): Promise<void> {
  ctx.body = writeConfig(await deleteConfig(registry, readSubjectName(subject)));
}

function writeConfig({ compatibility, ...rest }: ScopedConfig) {
  return { compatibilityLevel: compatibility, ...rest };
}
