import { readPrefix } from '../reading/read-name.ts';
import { deleteSubject, deleteVersion } from '../services/delete-versions.ts';
import { getVersion, listVersions } from '../services/find-version.ts';
import { listReferrers } from '../services/list-referrers.ts';
import { shapeAs } from '../services/shape-schema.ts';
import { formatSubjectName } from '../subject-name.ts';
import type { Service } from './method.ts';
import {
  flagAt,
  nameIn,
  pageIn,
  readToken,
  requiredVersionIn,
  textAt,
  tokenOf,
  versionIn,
} from './read-message.ts';
import { writeVersion } from './write-message.ts';

const USUAL_PAGE = 1_000;
const LARGEST_PAGE = 10_000;

export const subjectService = {
  ListSubjects: {
    async unary({ store }, request) {
      const { size, token } = pageIn(request, USUAL_PAGE, LARGEST_PAGE);
      const show = flagAt(request, 'deletedOnly') ? 'deleted' : flagAt(request, 'deleted') ? 'all' : 'live';
      const filter = { ...readPrefix(textAt(request, 'subjectPrefix') || ':*:'), show } as const;
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
      return { versions: await deleteSubject(store, nameIn(request), flagAt(request, 'permanent')) };
    },
  },

  ListVersions: {
    async unary({ store }, request) {
      const onlyDeleted = flagAt(request, 'deletedOnly');
      const found = await listVersions(store, nameIn(request), onlyDeleted || flagAt(request, 'deleted'));
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
      const wanted = versionIn(request, 'latest');
      const found = await getVersion(registry.store, nameIn(request), wanted, flagAt(request, 'deleted'));
      const isQualified = flagAt(request, 'qualifiedReferences');
      const content = await shapeAs(registry, found.content, textAt(request, 'format'), isQualified);
      return writeVersion({ ...found, content });
    },
  },

  DeleteVersion: {
    async unary({ store }, request) {
      const wanted = requiredVersionIn(request);
      return { version: await deleteVersion(store, nameIn(request), wanted, flagAt(request, 'permanent')) };
    },
  },

  ListReferencedBy: {
    async unary({ store }, request) {
      const wanted = versionIn(request, 'latest');
      return { ids: await listReferrers(store, nameIn(request), wanted, flagAt(request, 'deleted')) };
    },
  },
} as const satisfies Service;
