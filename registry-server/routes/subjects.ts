import { RegistryError } from '../errors.ts';
import { readBody } from '../middleware/read-body.ts';
import { readSentSchema } from '../reading/read-sent-schema.ts';
import { readSubjectPrefix } from '../reading/read-subject-name.ts';
import { deleteSubject } from '../services/delete-versions.ts';
import { getByMetadata } from '../services/find-by-metadata.ts';
import { lookupSchema } from '../services/lookup-schema.ts';
import { formatSubjectName, type SubjectName } from '../subject-name.ts';
import { writeVersion } from '../writing/write-schema.ts';
import { noteBasis } from './note-basis.ts';
import { flag, queries, query, subjectOf } from './read-request.ts';
import type { Route } from './route.ts';
import { shape } from './shape-schema.ts';
import { writeList } from './write-list.ts';

const PART_SIZE = 10_000;

export const subjects: Route = (router, registry) => {
  const { store } = registry;

  router.get('/subjects', async (ctx) => {
    const show = flag(ctx, 'deletedOnly') ? 'deleted' : flag(ctx, 'deleted') ? 'all' : 'live';
    const filter = { ...readSubjectPrefix(query(ctx, 'subjectPrefix') ?? ':*:'), show } as const;
    await writeList<SubjectName, SubjectName>(ctx, {
      partSize: PART_SIZE,
      read: (part) => store.listSubjects(filter, part),
      positionOf: (name) => name,
      write: formatSubjectName,
    });
  });

  router.post('/subjects/:subject', async (ctx) => {
    const sent = readSentSchema(await readBody(ctx, registry.maxBodyBytes));
    const found = await lookupSchema(registry, subjectOf(ctx), sent, {
      normalize: flag(ctx, 'normalize'),
      withDeleted: flag(ctx, 'deleted'),
    });
    noteBasis(ctx, sent, { ...found, schema: found.content });
    ctx.body = writeVersion({ ...found, content: await shape(ctx, registry, found.content) });
  });

  router.delete('/subjects/:subject', async (ctx) => {
    ctx.body = await deleteSubject(store, subjectOf(ctx), flag(ctx, 'permanent'));
  });

  router.get('/subjects/:subject/metadata', async (ctx) => {
    const keys = queries(ctx, 'key');
    const values = queries(ctx, 'value');
    if (keys.length !== values.length) {
      throw new RegistryError('BAD_REQUEST', {
        detail: `"key" is given ${keys.length} times and "value" ${values.length} times: each key needs its value`,
      });
    }
    const wanted = keys.map((key, i) => [key, values[i] as string] as const);
    const found = await getByMetadata(store, subjectOf(ctx), wanted, flag(ctx, 'deleted'));
    ctx.body = writeVersion({ ...found, content: await shape(ctx, registry, found.content) });
  });
};
