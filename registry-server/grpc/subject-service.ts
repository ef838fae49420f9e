import { readSubjectPrefix } from '../reading/read-subject-name.ts';
import { deleteSubject, deleteVersion } from '../services/delete-versions.ts';
import { getVersion, listVersions } from '../services/find-version.ts';
import { listReferrers } from '../services/list-referrers.ts';
import { shapeSchema } from '../services/shape-schema.ts';
import { formatSubjectName } from '../subject-name.ts';
import type { Service } from './method.ts';
import {
  flag,
  pageOf,
  readToken,
  requiredVersionOf,
  subjectOf,
  text,
  tokenOf,
  versionOf,
} from './read-message.ts';
import { writeVersion } from './write-message.ts';

const USUAL_PAGE = 1_000;
const LARGEST_PAGE = 10_000;

export const subjectService = {
  ListSubjects: {
    async unary({ store }, request) {
      const { size, token } = pageOf(request, USUAL_PAGE, LARGEST_PAGE);
      const show = flag(request, 'deletedOnly') ? 'deleted' : flag(request, 'deleted') ? 'all' : 'live';
      const filter = { ...readSubjectPrefix(text(request, 'subjectPrefix') || ':*:'), show } as const;
      // One more than is shown says whether there is another page.
      const found = await store.listSubjects(filter, { after: readToken(token), offset: 0, limit: size + 1 });
      const shown = found.slice(0, size);
      const last = shown.at(-1);
      return {
        subjects: shown.map(formatSubjectName),
        nextPageToken: last && found.length > size ? tokenOf(last) : '',
      };
    },
  },

  DeleteSubject: {
    async unary({ store }, request) {
      return { versions: await deleteSubject(store, subjectOf(request), flag(request, 'permanent')) };
    },
  },

  ListVersions: {
    async unary({ store }, request) {
      const onlyDeleted = flag(request, 'deletedOnly');
      const found = await listVersions(store, subjectOf(request), onlyDeleted || flag(request, 'deleted'));
      const versions = onlyDeleted ? found.filter(({ isDeleted }) => isDeleted) : found;
      return {
        versions: versions.map(({ version, id, isDeleted, createdAtMs }) => ({
          version,
          id,
          createTimeMs: createdAtMs,
          deleted: isDeleted,
        })),
      };
    },
  },

  GetVersion: {
    async unary(registry, request) {
      const wanted = versionOf(request, 'latest');
      const found = await getVersion(registry.store, subjectOf(request), wanted, flag(request, 'deleted'));
      const isQualified = flag(request, 'qualifiedReferences');
      const content = await shapeSchema(registry, found.content, text(request, 'format'), isQualified);
      return writeVersion({ ...found, content });
    },
  },

  DeleteVersion: {
    async unary({ store }, request) {
      const wanted = requiredVersionOf(request);
      return { version: await deleteVersion(store, subjectOf(request), wanted, flag(request, 'permanent')) };
    },
  },

  ListReferencedBy: {
    async unary({ store }, request) {
      const wanted = versionOf(request, 'latest');
      return { ids: await listReferrers(store, subjectOf(request), wanted, flag(request, 'deleted')) };
    },
  },
} as const satisfies Service;
