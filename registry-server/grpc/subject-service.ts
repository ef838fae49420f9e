import { readSubjectPrefix } from '../reading/read-subject-name.ts';
import { deleteSubject, deleteVersion } from '../services/delete-versions.ts';
import { getVersion, listVersions } from '../services/find-version.ts';
import { listReferrers } from '../services/list-referrers.ts';
import { shapeSchema } from '../services/shape-schema.ts';
import { formatSubjectName } from '../subject-name.ts';
import type { SubjectService } from './generated/registry.ts';
import { pageOf, readToken, requiredVersionOf, subjectOf, tokenOf, versionOf } from './read-message.ts';
import { writeVersion } from './write-message.ts';

const USUAL_PAGE = 1_000;
const LARGEST_PAGE = 10_000;

export const subjectService: SubjectService = {
  ListSubjects: {
    async unary({ store }, request) {
      const { size, token } = pageOf(request, USUAL_PAGE, LARGEST_PAGE);
      const show = request.deletedOnly ? 'deleted' : request.deleted ? 'all' : 'live';
      const filter = { ...readSubjectPrefix(request.subjectPrefix || ':*:'), show } as const;
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
      return { versions: await deleteSubject(store, subjectOf(request), request.permanent ?? false) };
    },
  },

  ListVersions: {
    async unary({ store }, request) {
      const onlyDeleted = request.deletedOnly ?? false;
      const withDeleted = onlyDeleted || request.deleted === true;
      const found = await listVersions(store, subjectOf(request), withDeleted);
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
      const found = await getVersion(registry.store, subjectOf(request), wanted, request.deleted ?? false);
      const isQualified = request.qualifiedReferences ?? false;
      const content = await shapeSchema(registry, found.content, request.format ?? '', isQualified);
      return writeVersion({ ...found, content });
    },
  },

  DeleteVersion: {
    async unary({ store }, request) {
      const wanted = requiredVersionOf(request);
      return { version: await deleteVersion(store, subjectOf(request), wanted, request.permanent ?? false) };
    },
  },

  ListReferencedBy: {
    async unary({ store }, request) {
      const wanted = versionOf(request, 'latest');
      return { ids: await listReferrers(store, subjectOf(request), wanted, request.deleted ?? false) };
    },
  },
};
