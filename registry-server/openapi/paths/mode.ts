import type { Resource } from '../operation.ts';
import { ref } from '../schemas.ts';

const example = { mode: 'READWRITE' };

export const mode: Resource = {
  name: 'Mode',
  description: 'Whether a subject, a context or the whole registry can be written.',
  isInContexts: true,
  operations: [
    {
      id: 'getMode',
      method: 'get',
      path: '/mode',
      summary: 'Get the mode of the context',
      query: ['defaultToGlobal'],
      reply: { description: 'What applies.', schema: ref('Mode'), example },
      errors: ['NO_SUBJECT_MODE'],
    },
    {
      id: 'changeMode',
      method: 'put',
      path: '/mode',
      summary: 'Change the mode of the context',
      query: ['force'],
      body: 'modeChange',
      reply: { description: 'The request.', schema: ref('ModeChange'), example },
      errors: ['INVALID_MODE', 'NOT_PERMITTED', 'REFERENCE_EXISTS'],
    },
    {
      id: 'deleteMode',
      method: 'delete',
      path: '/mode',
      summary: 'Delete the mode of the context',
      query: ['recursive'],
      reply: { description: 'The mode as it was.', schema: ref('Mode'), example },
      errors: ['SUBJECT_NOT_FOUND', 'NOT_PERMITTED'],
    },
    {
      id: 'getSubjectMode',
      method: 'get',
      path: '/mode/{subject}',
      summary: 'Get the mode of a subject',
      query: ['defaultToGlobal'],
      reply: { description: 'Its mode.', schema: ref('Mode'), example },
      errors: ['NO_SUBJECT_MODE'],
    },
    {
      id: 'changeSubjectMode',
      method: 'put',
      path: '/mode/{subject}',
      summary: 'Change the mode of a subject',
      query: ['force'],
      body: 'modeChange',
      reply: { description: 'The request.', schema: ref('ModeChange'), example },
      errors: ['INVALID_MODE', 'NOT_PERMITTED', 'REFERENCE_EXISTS', 'INVALID_SUBJECT'],
    },
    {
      id: 'deleteSubjectMode',
      method: 'delete',
      path: '/mode/{subject}',
      summary: 'Delete the mode of a subject',
      query: ['recursive'],
      reply: { description: 'The mode as it was.', schema: ref('Mode'), example },
      errors: ['SUBJECT_NOT_FOUND', 'NOT_PERMITTED'],
    },
  ],
};
