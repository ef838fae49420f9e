import type { Resource } from '../operation.ts';
import { ref } from '../schemas.ts';

export const config: Resource = {
  name: 'Config',
  description:
    'What registrations are held to. A subject inherits from its context, and that from the server.',
  isInContexts: true,
  operations: [
    {
      id: 'getConfig',
      method: 'get',
      path: '/config',
      summary: 'Get the config of the context',
      query: ['defaultToGlobal'],
      reply: {
        description: 'What applies.',
        schema: ref('Config'),
        example: { compatibilityLevel: 'BACKWARD' },
      },
      errors: ['NO_SUBJECT_CONFIG'],
    },
    {
      id: 'changeConfig',
      method: 'put',
      path: '/config',
      summary: 'Change the config of the context',
      body: 'configChange',
      reply: {
        description: 'What is stored.',
        schema: ref('ConfigChange'),
        example: { compatibility: 'FULL' },
      },
      errors: ['INVALID_COMPATIBILITY', 'NOT_PERMITTED', 'INVALID_SUBJECT', 'INVALID_RULE_SET'],
    },
    {
      id: 'deleteConfig',
      method: 'delete',
      path: '/config',
      summary: 'Delete the config of the context',
      reply: { description: 'The config as it was.', schema: ref('Config') },
      errors: ['SUBJECT_NOT_FOUND', 'NOT_PERMITTED'],
    },
    {
      id: 'getSubjectConfig',
      method: 'get',
      path: '/config/{subject}',
      summary: 'Get the config of a subject',
      query: ['defaultToGlobal'],
      reply: { description: 'Its config.', schema: ref('Config'), example: { compatibilityLevel: 'FULL' } },
      errors: ['NO_SUBJECT_CONFIG'],
    },
    {
      id: 'changeSubjectConfig',
      method: 'put',
      path: '/config/{subject}',
      summary: 'Change the config of a subject',
      description: 'The subject need not exist yet.',
      body: 'configChange',
      reply: {
        description: 'What is stored.',
        schema: ref('ConfigChange'),
        example: { compatibility: 'FULL' },
      },
      errors: ['INVALID_COMPATIBILITY', 'NOT_PERMITTED', 'INVALID_SUBJECT', 'INVALID_RULE_SET'],
    },
    {
      id: 'deleteSubjectConfig',
      method: 'delete',
      path: '/config/{subject}',
      summary: 'Delete the config of a subject',
      reply: { description: 'The config as it was.', schema: ref('Config') },
      errors: ['SUBJECT_NOT_FOUND', 'NOT_PERMITTED'],
    },
  ],
};
