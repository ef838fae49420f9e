import type { RouterContext } from '@koa/router';
import { RegistryError } from '../errors.ts';
import { readBody } from '../middleware/read-body.ts';
import type { JsonObject } from '../reading/json-object.ts';
import { readMetadata, readRuleSet, readTagChanges } from '../reading/read-contract.ts';
import { readInteger } from '../reading/read-integer.ts';
import { readSentSchema } from '../reading/read-sent-schema.ts';
import { stringsAt } from '../reading/value-at.ts';
import { deleteVersion } from '../services/delete-versions.ts';
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
  parameter,
  query,
  slicePage,
  subjectOf,
  versionOf,
  writableSubjectOf,
} from './read-request.ts';
import type { Route } from './route.ts';
import { findTags, shape } from './shape-schema.ts';

export const versions: Route = (router, registry) => {
  const { store } = registry;

  router.get('/subjects/:subject/versions', async (ctx) => {
    const asNegative = flag(ctx, 'deletedAsNegative');
    const onlyDeleted = flag(ctx, 'deletedOnly') && !asNegative;
    const withDeleted = asNegative || onlyDeleted || flag(ctx, 'deleted');
    const found = await listVersions(store, subjectOf(ctx), withDeleted);
    const shown = onlyDeleted ? found.filter(({ isDeleted }) => isDeleted) : found;
    const numbers = shown.map(({ version, isDeleted }) => (asNegative && isDeleted ? -version : version));
    ctx.body = slicePage(numbers, pageOf(ctx));
  });

  router.post('/subjects/:subject/versions', async (ctx) => {
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
      signal: ctx.state.signal,
    });
    if (registered.foundIn) noteBasis(ctx, sent, registered.foundIn);
    await writeRegistered(ctx, registered);
  });

  router.post('/subjects/:subject/versions/:version/tags', async (ctx) => {
    const name = writableSubjectOf(ctx, 'a schema');
    const wanted = versionOf(ctx);
    const body = await readBody(ctx, registry.maxBodyBytes);
    const { tagsToAdd, tagsToRemove } = body;
    const registered = await tagVersion(registry, name, wanted, {
      newVersion: readInteger(body, 'newVersion'),
      tagChanges: readTagChanges(tagsToAdd, tagsToRemove, ['tagsToAdd', 'tagsToRemove']),
      metadata: readMetadata(body.metadata),
      rules: readRuleChange(body),
      signal: ctx.state.signal,
    });
    await writeRegistered(ctx, registered);
  });

  router.get('/subjects/:subject/versions/:version', async (ctx) => {
    const found = await getFound(ctx);
    const content = await shape(ctx, registry, found.content);
    ctx.body = { ...writeVersion({ ...found, content }), ...(await findTags(ctx, registry, found.content)) };
  });

  router.get('/subjects/:subject/versions/:version/schema', async (ctx) => {
    ctx.body = (await shape(ctx, registry, (await getFound(ctx)).content)).schema;
  });

  router.get('/subjects/:subject/versions/:version/referencedby', async (ctx) => {
    const ids = await listReferrers(store, subjectOf(ctx), versionOf(ctx), flag(ctx, 'deleted'));
    ctx.body = slicePage(ids, pageOf(ctx));
  });

  router.delete('/subjects/:subject/versions/:version', async (ctx) => {
    ctx.body = await deleteVersion(store, subjectOf(ctx), versionOf(ctx), flag(ctx, 'permanent'));
  });

  function getFound(ctx: RouterContext): Promise<FoundVersion> {
    return getVersion(store, subjectOf(ctx), versionOf(ctx), flag(ctx, 'deleted'));
  }

  async function writeRegistered(
    ctx: RouterContext,
    { content, foundIn: _, ...registered }: Registered,
  ): Promise<void> {
    const { context } = parseSubjectName(parameter(ctx, 'subject'));
    const shown = await formatSchema(registry, context, content, query(ctx, 'format'));
    ctx.body = { ...registered, ...writeContent(shown) };
  }
};

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
