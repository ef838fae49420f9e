import { RegistryError } from '../errors.ts';
import { readSubjectPrefix } from '../reading/read-subject-name.ts';
import type { Registry } from '../registry.ts';
import { listByGuid } from '../services/find-by-guid.ts';
import type { FoundSchema } from '../services/find-by-id.ts';
import { getById } from '../services/find-by-id.ts';
import { formatSchema } from '../services/format-schema.ts';
import { listUses } from '../services/list-uses.ts';
import { lookupSchema } from '../services/lookup-schema.ts';
import { schemaTypeNames } from '../services/parse-schema.ts';
import { registerSchema } from '../services/register-schema.ts';
import { shapeSchema } from '../services/shape-schema.ts';
import type { StoredSchema as StoredContent, VersionFilter, VersionPosition } from '../store/store.ts';
import { formatSubjectName } from '../subject-name.ts';
import type { SchemaService, StoredSchema } from './generated/registry.ts';
import { sentSchemaOf, subjectOf, writableSubjectOf } from './read-message.ts';
import { writeSchema, writeVersion } from './write-message.ts';

// Each may be as large as a schema can be.
const PART_SIZE = 100;

export const schemaService: SchemaService = {
  RegisterSchema: {
    async unary(registry, request, signal) {
      const name = writableSubjectOf(request, 'a schema');
      const registered = await registerSchema(registry, {
        name,
        sent: sentSchemaOf(request),
        version: request.version ?? 0,
        id: request.id,
        normalize: request.normalize ?? false,
        force: false,
        signal,
      });
      const { id, version, guid, content } = registered;
      const shown = await formatSchema(registry, name.context, content, request.format ?? '');
      return { id, version, guid, schema: writeSchema(shown) };
    },
  },

  LookupSchema: {
    async unary(registry, request) {
      const found = await lookupSchema(registry, subjectOf(request), sentSchemaOf(request), {
        normalize: request.normalize ?? false,
        withDeleted: request.deleted ?? false,
      });
      return writeVersion({ ...found, content: await shown(registry, request, found.content) });
    },
  },

  GetSchema: {
    async unary(registry, request) {
      return writeStored(
        registry,
        request,
        await getById(registry.store, request.id ?? 0, subjectOf(request)),
      );
    },
  },

  GetSchemaByGuid: {
    async unary(registry, request) {
      const [stored] = await listByGuid(registry.store, request.guid ?? '');
      return { ...(await writeStored(registry, request, { stored })), id: 0 };
    },
  },

  ListSchemas: {
    async *stream({ store }, request) {
      const filter: VersionFilter = {
        ...readSubjectPrefix(request.subjectPrefix ?? ''),
        withDeleted: request.deleted ?? false,
        latestOnly: request.latestOnly ?? false,
        ruleType: request.ruleType || undefined,
      };
      const given = request.limit ?? 0;
      if (given < 0) throw new RegistryError('BAD_REQUEST', { detail: '"limit" must not be below 0' });
      let left = given === 0 ? Number.MAX_SAFE_INTEGER : given;
      let after: VersionPosition | undefined;
      while (left > 0) {
        const limit = Math.min(PART_SIZE, left);
        const found = await store.listVersions(filter, { after, offset: 0, limit });
        yield* found.map(writeVersion);
        const last = found.at(-1);
        if (last === undefined || found.length < limit) return;
        left -= found.length;
        after = { ...last.name, version: last.version };
      }
    },
  },

  ListSchemaVersions: {
    async unary({ store }, request) {
      const uses = await listUses(store, request.id ?? 0, subjectOf(request), request.deleted ?? false);
      return {
        versions: uses.map(({ name, version }) => ({ subject: formatSubjectName(name), version })),
      };
    },
  },

  ListSchemaTypes: {
    async unary() {
      return { schemaTypes: schemaTypeNames };
    },
  },
};

interface ShapeWanted {
  readonly format?: string;
  readonly qualifiedReferences?: boolean;
}

function shown(
  registry: Registry,
  { format, qualifiedReferences = false }: ShapeWanted,
  content: StoredContent,
): Promise<StoredContent> {
  return shapeSchema(registry, content, format, qualifiedReferences);
}

async function writeStored(
  registry: Registry,
  wanted: ShapeWanted,
  { stored, use }: FoundSchema,
): Promise<StoredSchema> {
  return {
    id: stored.id,
    guid: stored.guid,
    schema: writeSchema(await shown(registry, wanted, stored)),
    subject: use ? formatSubjectName(use.name) : '',
    version: use?.version ?? 0,
    createTimeMs: use?.createdAtMs ?? 0,
    deleted: use?.isDeleted ?? false,
  };
}
