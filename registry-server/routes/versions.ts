import { recordOf } from '../before-koa/http-record.ts';
import { type ErrorKind, RegistryError } from '../errors.ts';
import { readBody } from '../middleware/read-body.ts';
import { listOf, ref } from '../openapi/schemas.ts';
import type { JsonObject } from '../reading/json-object.ts';
import { readMetadata, readRuleSet, readTagChanges } from '../reading/read-contract.ts';
import { readInteger } from '../reading/read-integer.ts';
import { readSentSchema } from '../reading/read-sent-schema.ts';
import { stringsAt } from '../reading/value-at.ts';
import type { Registry } from '../registry.ts';
import { deleteVersion } from '../services/delete-versions.ts';
import { getByMetadata } from '../services/find-by-metadata.ts';
import { type FoundVersion, getVersion, listVersions } from '../services/find-version.ts';
import { formatSchema } from '../services/format-schema.ts';
import { listReferrers } from '../services/list-referrers.ts';
import { type Registered, registerSchema } from '../services/register-schema.ts';
import { tagVersion } from '../services/tag-version.ts';
import { parseSubjectName } from '../subject-name.ts';
import { writeContent, writeVersion } from '../writing/write-schema.ts';
import { noteBasis } from './note-basis.ts';
import {
  flag,
  pageOf,
  queries,
  query,
  slicePage,
  subjectOf,
  versionOf,
  writableSubjectOf,
} from './read-request.ts';
import { type Resource, type RouteContext, route } from './route.ts';
import { findTags, shape } from './shape-schema.ts';

const notThere: readonly ErrorKind[] = ['SUBJECT_NOT_FOUND', 'VERSION_NOT_FOUND', 'INVALID_VERSION'];

export const versions: Resource = {
  name: 'Versions',
  description: 'The versions of a subject: each holds one schema.',
  isInContexts: true,
  routes: [
    route('GET', '/subjects/:subject/versions', {
      id: 'listVersions',
      summary: 'List the versions of a subject',
      needs: 'reader',
      query: ['deleted', 'deletedOnly', 'deletedAsNegative', 'offset', 'limit'],
      reply: { description: 'Ascending.', schema: listOf({ type: 'integer' }), example: [1, 2] },
      errors: ['SUBJECT_NOT_FOUND', 'NO_SUCH_PATH'],
      async handle(ctx, { store }) {
        const asNegative = flag(ctx, 'deletedAsNegative');
        const onlyDeleted = flag(ctx, 'deletedOnly') && !asNegative;
        const withDeleted = asNegative || onlyDeleted || flag(ctx, 'deleted');
        const found = await listVersions(store, subjectOf(ctx), withDeleted);
        const shown = onlyDeleted ? found.filter(({ isDeleted }) => isDeleted) : found;
        const numbers = shown.map(({ version, isDeleted }) => (asNegative && isDeleted ? -version : version));
        ctx.body = slicePage(numbers, pageOf(ctx));
      },
    }),

    route('POST', '/subjects/:subject/versions', {
      id: 'registerSchema',
      summary: 'Register a schema as the next version of a subject',
      description: 'What the subject already holds gets its old id and version, and nothing is written.',
      needs: 'writer',
      query: ['normalize', 'format', 'force'],
      body: 'registration',
      reply: { description: 'The version that holds the schema.', schema: ref('Registered') },
      errors: [
        'INCOMPATIBLE',
        'INVALID_SCHEMA',
        'NOT_PERMITTED',
        'INVALID_SUBJECT',
        'SCHEMA_TOO_LARGE',
        'INVALID_RULE_SET',
      ],
      async handle(ctx, registry) {
        const name = writableSubjectOf(ctx, 'a schema');
        const body = await readBody(ctx, registry.maxBodyBytes);
        const { schemaTagsToAdd, schemaTagsToRemove } = body;
        const tagChanges = readTagChanges(schemaTagsToAdd, schemaTagsToRemove, [
          'schemaTagsToAdd',
          'schemaTagsToRemove',
        ]);
        const sent = readSentSchema(body);
        const registered = await registerSchema(registry, {
          name,
          sent,
          // With other tags it is to note its version, which only -1 and a number ask for.
          version: readInteger(body, 'version') ?? (tagChanges ? -1 : 0),
          id: readInteger(body, 'id'),
          normalize: flag(ctx, 'normalize'),
          force: flag(ctx, 'force'),
          tagChanges,
          propagateTags: body.propagateSchemaTags === true,
          signal: recordOf(ctx).signal,
        });
        if (registered.foundIn) noteBasis(ctx, sent, registered.foundIn);
        await writeRegistered(ctx, registry, registered);
      },
    }),

    route('GET', '/subjects/:subject/versions/:version', {
      id: 'getVersion',
      summary: 'Get a version of a subject',
      needs: 'reader',
      query: ['format', 'referenceFormat', 'deleted', 'findTags'],
      reply: { description: 'The version.', schema: ref('Version') },
      errors: notThere,
      async handle(ctx, registry) {
        const found = await getFound(ctx, registry);
        const content = await shape(ctx, registry, found.content);
        const tags = await findTags(ctx, registry, found.content);
        ctx.body = { ...writeVersion({ ...found, content }), ...tags };
      },
    }),

    route('GET', '/subjects/:subject/versions/:version/schema', {
      id: 'getVersionText',
      summary: 'Get the text of a version',
      needs: 'reader',
      query: ['format', 'deleted'],
      reply: { description: 'The schema as it stands, in no JSON of ours.' },
      errors: notThere,
      async handle(ctx, registry) {
        ctx.body = (await shape(ctx, registry, (await getFound(ctx, registry)).content)).schema;
      },
    }),

    route('GET', '/subjects/:subject/versions/:version/referencedby', {
      id: 'listReferrers',
      summary: 'List the schemas that refer to a version',
      needs: 'reader',
      query: ['deleted', 'offset', 'limit'],
      reply: {
        description: 'Ids, ascending.',
        schema: listOf({ type: 'integer', minimum: 1 }),
        example: [7],
      },
      errors: [...notThere, 'NO_SUCH_PATH'],
      async handle(ctx, { store }) {
        const ids = await listReferrers(store, subjectOf(ctx), versionOf(ctx), flag(ctx, 'deleted'));
        ctx.body = slicePage(ids, pageOf(ctx));
      },
    }),

    route('DELETE', '/subjects/:subject/versions/:version', {
      id: 'deleteVersion',
      summary: 'Delete a version of a subject',
      needs: 'admin',
      query: ['permanent'],
      reply: {
        description: 'The number of the version that was deleted.',
        schema: { type: 'integer', minimum: 1 },
        example: 1,
      },
      errors: [
        ...notThere,
        'VERSION_SOFT_DELETED',
        'VERSION_NOT_SOFT_DELETED',
        'NOT_PERMITTED',
        'REFERENCE_EXISTS',
      ],
      async handle(ctx, { store }) {
        ctx.body = await deleteVersion(store, subjectOf(ctx), versionOf(ctx), flag(ctx, 'permanent'));
      },
    }),

    route('POST', '/subjects/:subject/versions/:version/tags', {
      id: 'changeTags',
      summary: 'Register a version with other tags, metadata or rules',
      needs: 'writer',
      body: 'tagChange',
      reply: { description: 'The new version.', schema: ref('Registered') },
      errors: [
        ...notThere,
        'INCOMPATIBLE',
        'INVALID_SCHEMA',
        'NOT_PERMITTED',
        'INVALID_SUBJECT',
        'SCHEMA_TOO_LARGE',
        'INVALID_RULE_SET',
      ],
      async handle(ctx, registry) {
        const name = writableSubjectOf(ctx, 'a schema');
        const wanted = versionOf(ctx);
        const body = await readBody(ctx, registry.maxBodyBytes);
        const { tagsToAdd, tagsToRemove } = body;
        const registered = await tagVersion(registry, name, wanted, {
          newVersion: readInteger(body, 'newVersion'),
          tagChanges: readTagChanges(tagsToAdd, tagsToRemove, ['tagsToAdd', 'tagsToRemove']),
          metadata: readMetadata(body.metadata),
          rules: readRuleChange(body),
          signal: recordOf(ctx).signal,
        });
        await writeRegistered(ctx, registry, registered);
      },
    }),

    route('GET', '/subjects/:subject/metadata', {
      id: 'findByMetadata',
      summary: 'Get the highest version with such metadata',
      description: 'All pairs of `key` and `value` must be among the properties of its metadata.',
      needs: 'reader',
      query: ['key', 'value', 'format', 'deleted'],
      reply: { description: 'The version.', schema: ref('Version') },
      errors: ['SUBJECT_NOT_FOUND', 'SCHEMA_NOT_FOUND'],
      async handle(ctx, registry) {
        const keys = queries(ctx, 'key');
        const values = queries(ctx, 'value');
        if (keys.length !== values.length) {
          throw new RegistryError('BAD_REQUEST', {
            detail: `"key" is given ${keys.length} times and "value" ${values.length} times: each key needs its value`,
          });
        }
        const wanted = keys.map((key, i) => [key, values[i] as string] as const);
        const found = await getByMetadata(registry.store, subjectOf(ctx), wanted, flag(ctx, 'deleted'));
        ctx.body = writeVersion({ ...found, content: await shape(ctx, registry, found.content) });
      },
    }),
  ],
};

function getFound(ctx: RouteContext<'subject' | 'version'>, { store }: Registry): Promise<FoundVersion> {
  return getVersion(store, subjectOf(ctx), versionOf(ctx), flag(ctx, 'deleted'));
}

async function writeRegistered(
  ctx: RouteContext<'subject'>,
  registry: Registry,
  { content, foundIn: _, ...registered }: Registered,
): Promise<void> {
  const { context } = parseSubjectName(ctx.params.subject);
  const shown = await formatSchema(registry, context, content, query(ctx, 'format'));
  ctx.body = { ...registered, ...writeContent(shown) };
}

/** @throws RegistryError 42210 when the rules are both given whole and changed */
function readRuleChange({ ruleSet, rulesToMerge, rulesToRemove }: JsonObject) {
  if (rulesToMerge == null && rulesToRemove == null) return { ruleSet: readRuleSet(ruleSet) };
  if (ruleSet != null) {
    throw new RegistryError('INVALID_RULE_SET', {
      detail: 'Invalid rule set: "ruleSet" cannot be sent together with "rulesToMerge" or "rulesToRemove"',
    });
  }
  return {
    merged: readRuleSet(rulesToMerge, 'rulesToMerge'),
    removed: stringsAt(rulesToRemove ?? [], 'rulesToRemove'),
  };
}
