import type { Resource } from '../operation.ts';
import { ref } from '../schemas.ts';

export const compatibility: Resource = {
  name: 'Compatibility',
  description: 'Whether a schema could be registered, without registering it.',
  isInContexts: true,
  operations: [
    {
      id: 'checkAgainstVersions',
      method: 'post',
      path: '/compatibility/subjects/{subject}/versions',
      summary: 'Check a schema against the versions that its compatibility level demands',
      query: ['normalize', 'verbose'],
      body: 'sentSchema',
      reply: {
        description: 'With `verbose=true` a schema that cannot be read is one that is not compatible.',
        schema: ref('Compatibility'),
      },
      errors: ['INVALID_SCHEMA', 'SCHEMA_TOO_LARGE', 'INVALID_RULE_SET'],
    },
    {
      id: 'checkAgainstVersion',
      method: 'post',
      path: '/compatibility/subjects/{subject}/versions/{version}',
      summary: 'Check a schema against one version',
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
    },
  ],
};
