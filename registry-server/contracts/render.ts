import { mapName, mapNames } from './map-names.ts';
import { measureSchema, type Sizes } from './measure-schema.ts';
import { isTreeArray, isTreeObject, type Tree, toTree, writeOrderedJson } from './ordered-json.ts';
import type { Limit, Profile } from './profile.ts';
import { type Item, type RenderRequest, readRenderRequest } from './render-request.ts';
import { type RenderingClass, renderSchema, type SchemaRendering } from './render-schema.ts';

/** One schema or tool of a request, rendered. */
interface Rendered extends SchemaRendering {
  readonly item: Item;
  readonly sentAs: string;
  readonly sizes: Sizes | undefined;
}

const classes: readonly RenderingClass[] = ['exact', 'relaxed', 'encoded', 'refused'];

/**
 * The answer to a request for renderings, as JSON text.
 * @throws InvalidSchema for a request that is none
 */
export function render(text: string): string {
  const request = readRenderRequest(text);
  const { profile, isTools, items } = request;
  const names = isTools
    ? mapNames(
        items.map(({ name }) => name),
        profile.toolName,
      )
    : items.map(({ name }) => mapName(name, profile.toolName));
  const all = items.map((item, i) => renderItem(item, names[i], request));
  const good = all.filter((each) => each.class !== 'refused');
  const strict = chooseStrict(good, profile);
  return writeOrderedJson(
    toTree({
      profile: { name: profile.name, provider: profile.provider, asOf: profile.asOf, source: profile.source },
      class: classes.findLast((name) => all.some((each) => each.class === name)),
      body: good.length > 0 ? bodyOf(request, good, strict) : undefined,
      names: new Map(good.map(({ sentAs, item }) => [sentAs, item.name])),
      budget: budgetOf(good, profile),
      keepStrict: isTools && strict.size < good.length ? [...strict].map(({ item }) => item.name) : undefined,
      renderings: all.map((each) => describe(each, strict.has(each))),
    }),
  );
}

function renderItem(item: Item, sentAs: string | undefined, { profile, isTools }: RenderRequest): Rendered {
  const rendering = renderSchema(item.schema, profile);
  const { notes } = rendering;
  const sizes = rendering.schema === undefined ? undefined : measureSchema(rendering.schema);
  if (sentAs === undefined) {
    const reason = 'another tool has the same name, as the provider takes names';
    notes.refuse('', 'name', reason, `names that differ in ${profile.toolName.says}`);
  }
  for (const { measure, most, per } of profile.limits) {
    const used = sizes?.[measure] ?? 0;
    // A schema for an answer is alone: there is nothing to choose from.
    if (used <= most || (per === 'request' && isTools)) continue;
    notes.refuse('', measure, `${used} ${words[measure]}; the provider takes ${most}`, `at most ${most}`);
  }
  const isRefused = notes.refusals.length > 0;
  return {
    ...rendering,
    ...(isRefused ? { class: 'refused', schema: undefined, decode: undefined } : {}),
    item,
    sentAs: sentAs ?? item.name,
    sizes,
  };
}

const words: Readonly<Record<Limit['measure'], string>> = {
  tools: 'tools',
  properties: 'properties',
  depth: 'levels',
  enumValues: 'values in lists',
  enumCharacters: 'characters in one long list of values',
  characters: 'characters in names and values',
  optional: 'optional properties',
  unions: 'unions',
};

/** In the order of the request: each for which the limits of the request leave room. */
function chooseStrict(all: readonly Rendered[], { limits }: Profile): ReadonlySet<Rendered> {
  const chosen = new Set<Rendered>();
  const used = new Map<string, number>();
  const shared = limits.filter(({ per }) => per === 'request');
  for (const each of all) {
    const after = shared.map(({ measure }) => (used.get(measure) ?? 0) + (each.sizes?.[measure] ?? 0));
    if (shared.some(({ most }, i) => (after[i] as number) > most)) continue;
    for (const [i, { measure }] of shared.entries()) used.set(measure, after[i] as number);
    chosen.add(each);
  }
  return chosen;
}

function budgetOf(all: readonly Rendered[], { limits }: Profile): readonly object[] {
  return limits.map(({ measure, most, per }) => {
    const each = all.map(({ sizes }) => sizes?.[measure] ?? 0);
    const used = per === 'schema' ? Math.max(0, ...each) : each.reduce((sum, size) => sum + size, 0);
    return { measure, per, used, most };
  });
}

function bodyOf(
  { profile, isTools }: RenderRequest,
  good: readonly Rendered[],
  strict: ReadonlySet<Rendered>,
): Tree {
  const { envelope } = profile;
  const fill = (form: unknown, each: Rendered) =>
    fillHoles(toTree(form), {
      $name: each.sentAs,
      $title: each.item.title,
      $description: each.item.description,
      $schema: each.schema,
      $schemaText: each.schema === undefined ? undefined : writeOrderedJson(each.schema),
      $strict: strict.has(each),
      $outputSchema: each.item.outputSchema,
      $annotations: each.item.annotations,
    }) as Tree;
  if (!isTools) return fill(envelope.output, good[0] as Rendered);
  return fillHoles(toTree(envelope.tools), { $tools: good.map((each) => fill(envelope.tool, each)) }) as Tree;
}

function fillHoles(form: Tree, values: Readonly<Record<string, Tree | undefined>>): Tree | undefined {
  if (typeof form === 'string') return form.startsWith('$') ? values[form] : form;
  if (isTreeArray(form)) return form.map((part) => fillHoles(part, values) ?? null);
  if (!isTreeObject(form)) return form;
  return new Map(
    [...form].flatMap(([name, part]): [string, Tree][] => {
      const filled = fillHoles(part, values);
      return filled === undefined ? [] : [[name, filled]];
    }),
  );
}

function describe(each: Rendered, isStrict: boolean): object {
  const { notes, decode } = each;
  return {
    name: each.item.name,
    sentAs: each.class === 'refused' ? undefined : each.sentAs,
    class: each.class,
    strict: each.class === 'refused' ? undefined : isStrict,
    changes: notes.changes,
    notEnforced: notes.notEnforced,
    refusals: notes.refusals.length > 0 ? notes.refusals : undefined,
    omitted: notes.omitted > 0 ? notes.omitted : undefined,
    decode,
  };
}
