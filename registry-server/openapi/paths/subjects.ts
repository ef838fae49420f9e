import type { Resource } from '../operation.ts';
import { listOf, ref } from '../schemas.ts';

export const subjects: Resource = {
  name: 'Subjects',
  description: 'Names under which the versions of a schema stand.',
  isInContexts: true,
  operations: [
    {
      id: 'listSubjects',
      method: 'get',
      path: '/subjects',
      summary: 'List the subjects',
      query: ['subjectPrefix', 'deleted', 'deletedOnly', 'offset', 'limit'],
      reply: {
        description: 'Names, ascending; those of other contexts as `:.context:name`.',
        schema: listOf({ type: 'string' }),
        example: ['orders-value', ':.staging:orders-value'],
      },
      errors: ['NO_SUCH_PATH'],
    },
    {
      id: 'lookupSchema',
      method: 'post',
      path: '/subjects/{subject}',
      summary: 'Find the version of a subject that holds a schema',
      query: ['normalize', 'format', 'deleted'],
      body: 'sentSchema',
      reply: { description: 'The version.', schema: ref('Version') },
      errors: [
        'SUBJECT_NOT_FOUND',
        'SCHEMA_NOT_FOUND',
        'INVALID_SCHEMA',
        'SCHEMA_TOO_LARGE',
        'INVALID_RULE_SET',
      ],
    },
    {
      id: 'deleteSubject',
      method: 'delete',
      path: '/subjects/{subject}',
      summary: 'Delete a subject with all of its versions',
      query: ['permanent'],
      reply: {
        description: 'The versions that were deleted.',
        schema: listOf({ type: 'integer', minimum: 1 }),
        example: [1, 2],
      },
      errors: [
        'SUBJECT_NOT_FOUND',
        'SUBJECT_SOFT_DELETED',
        'SUBJECT_NOT_SOFT_DELETED',
        'NOT_PERMITTED',
        'REFERENCE_EXISTS',
      ],
    },
  ],
};
