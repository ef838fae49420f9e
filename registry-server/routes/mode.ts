import { recordOf } from '../before-koa/http-record.ts';
import { readBody } from '../middleware/read-body.ts';
import { ref } from '../openapi/schemas.ts';
import { readMode } from '../reading/read-mode.ts';
import { readSubjectName } from '../reading/read-subject-name.ts';
import type { Registry } from '../registry.ts';
import { changeMode, deleteMode, getMode } from '../services/change-mode.ts';
import { getWritableName } from '../subject-name.ts';
import { flag } from './read-request.ts';
import { type Resource, type RouteContext, route } from './route.ts';

const example = { mode: 'READWRITE' };

export const mode: Resource = {
  name: 'Mode',
  description: 'Whether a subject, a context or the whole registry can be written.',
  isInContexts: true,
  routes: [
    route('GET', '/mode', {
      id: 'getMode',
      summary: 'Get the mode of the context',
      needs: 'reader',
      query: ['defaultToGlobal'],
      reply: { description: 'What applies.', schema: ref('Mode'), example },
      errors: ['NO_SUBJECT_MODE'],
      handle: (ctx, registry) => answerMode(ctx, registry),
    }),

    route('PUT', '/mode', {
      id: 'changeMode',
      summary: 'Change the mode of the context',
      needs: 'admin',
      query: ['force'],
      body: 'modeChange',
      reply: { description: 'The request.', schema: ref('ModeChange'), example },
      errors: ['INVALID_MODE', 'NOT_PERMITTED', 'REFERENCE_EXISTS'],
      handle: (ctx, registry) => change(ctx, registry),
    }),

    route('DELETE', '/mode', {
      id: 'deleteMode',
      summary: 'Delete the mode of the context',
      needs: 'admin',
      query: ['recursive'],
      reply: { description: 'The mode as it was.', schema: ref('Mode'), example },
      errors: ['SUBJECT_NOT_FOUND', 'NOT_PERMITTED'],
      handle: (ctx, registry) => remove(ctx, registry),
    }),

    route('GET', '/mode/:subject', {
      id: 'getSubjectMode',
      summary: 'Get the mode of a subject',
      needs: 'reader',
      query: ['defaultToGlobal'],
      reply: { description: 'Its mode.', schema: ref('Mode'), example },
      errors: ['NO_SUBJECT_MODE'],
      handle: (ctx, registry) => answerMode(ctx, registry, ctx.params.subject),
    }),

    route('PUT', '/mode/:subject', {
      id: 'changeSubjectMode',
      summary: 'Change the mode of a subject',
      needs: 'admin',
      query: ['force'],
      body: 'modeChange',
      reply: { description: 'The request.', schema: ref('ModeChange'), example },
      errors: ['INVALID_MODE', 'NOT_PERMITTED', 'REFERENCE_EXISTS', 'INVALID_SUBJECT'],
      handle: (ctx, registry) => change(ctx, registry, ctx.params.subject),
    }),

    route('DELETE', '/mode/:subject', {
      id: 'deleteSubjectMode',
      summary: 'Delete the mode of a subject',
      needs: 'admin',
      query: ['recursive'],
      reply: { description: 'The mode as it was.', schema: ref('Mode'), example },
      errors: ['SUBJECT_NOT_FOUND', 'NOT_PERMITTED'],
      handle: (ctx, registry) => remove(ctx, registry, ctx.params.subject),
    }),
  ],
};

/** Without a subject it is that of the default context, as for the other two. */
async function answerMode(ctx: RouteContext, { store }: Registry, subject = ''): Promise<void> {
  const name = readSubjectName(subject);
  ctx.body = { mode: await getMode(store, name, flag(ctx, 'defaultToGlobal')) };
}

async function change(ctx: RouteContext, { store, maxBodyBytes }: Registry, subject = ''): Promise<void> {
  const name = getWritableName(subject, 'settings');
  const wanted = readMode((await readBody(ctx, maxBodyBytes)).mode);
  await changeMode(store, name, wanted, flag(ctx, 'force'), recordOf(ctx).signal);
  ctx.body = { mode: wanted ?? undefined };
}

async function remove(ctx: RouteContext, { store }: Registry, subject = ''): Promise<void> {
  const name = readSubjectName(subject);
  ctx.body = { mode: await deleteMode(store, name, flag(ctx, 'recursive')) };
}
