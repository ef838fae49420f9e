import { RegistryError } from '../errors.ts';
import { readPrefix } from '../reading/read-name.ts';
import type { Registry } from '../registry.ts';
import { listByGuid } from '../services/find-by-guid.ts';
import type { FoundSchema } from '../services/find-by-id.ts';
import { getById } from '../services/find-by-id.ts';
import { formatSchema } from '../services/format-schema.ts';
import { listUses } from '../services/list-uses.ts';
import { lookupSchema } from '../services/lookup-schema.ts';
import { schemaTypeNames } from '../services/parse-schema.ts';
import { registerSchema } from '../services/register-schema.ts';
import { shapeAs } from '../services/shape-schema.ts';
import type { VersionFilter, VersionPosition } from '../store/store.ts';
import { formatSubjectName } from '../subject-name.ts';
import type { Message, Service } from './method.ts';
import { flagAt, nameIn, numberAt, schemaIn, textAt, writableNameIn } from './read-message.ts';
import { writeSchema, writeVersion } from './write-message.ts';

// Each may be as large as a schema can be.
const PART_SIZE = 100;

export const schemaService = {
  RegisterSchema: {
    async unary(registry, request, signal) {
      const name = writableNameIn(request, 'a schema');
      const registered = await registerSchema(registry, {
        name,
        sent: schemaIn(request),
        version: numberAt(request, 'version') ?? 0,
        id: numberAt(request, 'id'),
        normalize: flagAt(request, 'normalize'),
        force: false,
        signal,
      });
      const { id, version, guid, content } = registered;
      const shown = await formatSchema(registry, name.context, content, textAt(request, 'format'));
      return { id, version, guid, schema: writeSchema(shown) };
    },
  },

  LookupSchema: {
    async unary(registry, request) {
      const found = await lookupSchema(registry, nameIn(request), schemaIn(request), {
        normalize: flagAt(request, 'normalize'),
        withDeleted: flagAt(request, 'deleted'),
      });
      return writeVersion({ ...found, content: await shown(registry, request, found.content) });
    },
  },

  GetSchema: {
    async unary(registry, request) {
      return writeStored(registry, request, await getById(registry.store, idIn(request), nameIn(request)));
    },
  },

  GetSchemaByGuid: {
    async unary(registry, request) {
      const [stored] = await listByGuid(registry.store, textAt(request, 'guid'));
      return { ...(await writeStored(registry, request, { stored })), id: 0 };
    },
  },

  ListSchemas: {
    async *stream({ store }, request) {
      const filter: VersionFilter = {
        ...readPrefix(textAt(request, 'subjectPrefix')),
        withDeleted: flagAt(request, 'deleted'),
        latestOnly: flagAt(request, 'latestOnly'),
        ruleType: textAt(request, 'ruleType') || undefined,
      };
      const given = numberAt(request, 'limit') ?? 0;
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
      const uses = await listUses(store, idIn(request), nameIn(request), flagAt(request, 'deleted'));
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
} as const satisfies Service;

function idIn(request: Message): number {
  return numberAt(request, 'id') ?? 0;
}

function shown<Content extends FoundSchema['stored']>(
  registry: Registry,
  request: Message,
  content: Content,
) {
  return shapeAs(registry, content, textAt(request, 'format'), flagAt(request, 'qualifiedReferences'));
}

async function writeStored(registry: Registry, request: Message, { stored, use }: FoundSchema) {
  return {
    id: stored.id,
    guid: stored.guid,
    schema: writeSchema(await shown(registry, request, stored)),
    ...(use && {
      subject: formatSubjectName(use.name),
      version: use.version,
      createTimeMs: use.createdAtMs,
      deleted: use.isDeleted,
    }),
  };
}
