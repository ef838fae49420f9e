import { readBody } from '../middleware/read-body.ts';
import { listOf, ref } from '../openapi/schemas.ts';
import { readSentSchema } from '../reading/read-sent-schema.ts';
import { readSubjectPrefix } from '../reading/read-subject-name.ts';
import { deleteSubject } from '../services/delete-versions.ts';
import { lookupSchema } from '../services/lookup-schema.ts';
import { formatSubjectName, type SubjectName } from '../subject-name.ts';
import { writeVersion } from '../writing/write-schema.ts';
import { noteBasis } from './note-basis.ts';
import { flag, query, subjectOf } from './read-request.ts';
import { type Resource, route } from './route.ts';
import { shape } from './shape-schema.ts';
import { writeList } from './write-list.ts';

const PART_SIZE = 10_000;

export const subjects: Resource = {
  name: 'Subjects',
  description: 'Names under which the versions of a schema stand.',
  isInContexts: true,
  routes: [
    route('GET', '/subjects', {
      id: 'listSubjects',
      summary: 'List the subjects',
      needs: 'reader',
      query: ['subjectPrefix', 'deleted', 'deletedOnly', 'offset', 'limit'],
      reply: {
        description: 'Names, ascending; those of other contexts as `:.context:name`.',
        schema: listOf({ type: 'string' }),
        example: ['orders-value', ':.staging:orders-value'],
      },
      errors: ['NO_SUCH_PATH'],
      async handle(ctx, { store }) {
        const show = flag(ctx, 'deletedOnly') ? 'deleted' : flag(ctx, 'deleted') ? 'all' : 'live';
        const filter = { ...readSubjectPrefix(query(ctx, 'subjectPrefix') ?? ':*:'), show } as const;
        await writeList<SubjectName, SubjectName>(ctx, {
          partSize: PART_SIZE,
          read: (part) => store.listSubjects(filter, part),
          positionOf: (name) => name,
          write: formatSubjectName,
        });
      },
    }),

    route('POST', '/subjects/:subject', {
      id: 'lookupSchema',
      summary: 'Find the version of a subject that holds a schema',
      needs: 'reader',
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
      async handle(ctx, registry) {
        const sent = readSentSchema(await readBody(ctx, registry.maxBodyBytes));
        const found = await lookupSchema(registry, subjectOf(ctx), sent, {
          normalize: flag(ctx, 'normalize'),
          withDeleted: flag(ctx, 'deleted'),
        });
        noteBasis(ctx, sent, { ...found, schema: found.content });
        ctx.body = writeVersion({ ...found, content: await shape(ctx, registry, found.content) });
      },
    }),

    route('DELETE', '/subjects/:subject', {
      id: 'deleteSubject',
      summary: 'Delete a subject with all of its versions',
      needs: 'admin',
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
      async handle(ctx, { store }) {
        ctx.body = await deleteSubject(store, subjectOf(ctx), flag(ctx, 'permanent'));
      },
    }),
  ],
};
