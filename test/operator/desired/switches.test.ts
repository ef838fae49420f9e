import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { stringify } from 'yaml';
import type { KubeObject } from '../../../operator/kube/kubernetes.ts';
import { childrenOf, isFields, switches, together } from '../../build/switches.ts';

const golden = new URL('../../golden/', import.meta.url);

/** Each field of each child by its path. Lists whose items have a key are like maps, other lists and lines like sets. */
function fieldsOf(children: readonly KubeObject[]): Map<string, string> {
  const fields = new Map<string, string>();
  const walk = (path: string, value: unknown): void => {
    // What follows from the rest says nothing of its own.
    if (/-hash$/.test(path)) return;
    if (isFields(value)) for (const [key, inner] of Object.entries(value)) walk(`${path}.${key}`, inner);
    else if (Array.isArray(value) && value.length > 0 && value.every((item) => keyOf(item) !== undefined))
      for (const item of value) walk(`${path}[${keyOf(item)}]`, item);
    else if (Array.isArray(value))
      for (const item of value) fields.set(`${path}[]: ${JSON.stringify(item)}`, present);
    else if (typeof value === 'string' && value.includes('\n'))
      for (const line of value.split('\n')) fields.set(`${path}: ${line}`, present);
    else fields.set(path, JSON.stringify(value));
  };
  for (const child of children) walk(`${child.kind} ${child.metadata.name}`, child);
  return fields;
}

/** Of what is there or not, and has no value besides. */
const present = 'there';

function keyOf(item: unknown): string | undefined {
  const { name, mountPath, host, key } = (item ?? {}) as Record<string, string | undefined>;
  return mountPath ?? name ?? host ?? key;
}

const objectOf = (path: string) => path.split(/[.[]/, 1)[0] ?? '';
const base = fieldsOf(childrenOf({}));
const alone = new Map(
  Object.entries(switches).map(([title, spec]) => [title, fieldsOf(childrenOf(spec))] as const),
);

/** What a switch changes: whole objects by their name, of others each field. */
function changesOf(fields: Map<string, string>) {
  const objects = (all: Map<string, string>) => new Set([...all.keys()].map(objectOf));
  const [before, after] = [objects(base), objects(fields)];
  const changed: Record<string, unknown> = {};
  for (const path of new Set([...base.keys(), ...fields.keys()])) {
    const isInBoth = before.has(objectOf(path)) && after.has(objectOf(path));
    const [old, now] = [base.get(path), fields.get(path)];
    if (!isInBoth || old === now) continue;
    changed[path] =
      now === present ? 'added' : old === present ? 'gone' : `${old ?? 'unset'} → ${now ?? 'unset'}`;
  }
  return {
    made: [...after].filter((object) => !before.has(object)),
    gone: [...before].filter((object) => !after.has(object)),
    changed,
  };
}

/** Whether the object that a path leads into is there. */
function has(fields: Map<string, string>, path: string): boolean {
  return fields.has(`${objectOf(path)}.kind`);
}

/** The fields of a pair that are not what either switch alone makes of them. */
function interactions(first: string, second: string): readonly string[] | undefined {
  const spec = together(switches[first] ?? {}, switches[second] ?? {});
  if (spec === undefined) return undefined;
  const both = fieldsOf(childrenOf(spec));
  const [one, other] = [alone.get(first), alone.get(second)];
  const found = new Set<string>();
  for (const path of new Set([
    ...base.keys(),
    ...both.keys(),
    ...(one?.keys() ?? []),
    ...(other?.keys() ?? []),
  ])) {
    const [before, a, b] = [base.get(path), one?.get(path), other?.get(path)];
    // What one of them takes away as a whole, the other does not bring back.
    const isGone =
      one !== undefined && other !== undefined && (!has(one, path) || !has(other, path)) && has(base, path);
    if (isGone && !has(both, path)) continue;
    const wanted = a === before ? b : b === before || a === b ? a : undefined;
    if (both.get(path) !== wanted) found.add(path);
  }
  return [...found];
}

function expectGolden(file: string, content: unknown): void {
  const text = stringify(content, { lineWidth: 0, aliasDuplicateObjects: false });
  const url = new URL(file, golden);
  if (process.env.UPDATE_GOLDEN === '1' || !existsSync(url)) writeFileSync(url, text);
  expect(text).to.equal(readFileSync(url, 'utf8'));
}

describe('the switches of a registry', () => {
  it('each alone: what it makes, takes away and changes (golden/switches.yaml)', () => {
    expectGolden(
      'switches.yaml',
      Object.fromEntries([...alone].map(([title, fields]) => [title, changesOf(fields)])),
    );
  });

  it('in pairs do what each does alone, but for what golden/pairs.yaml has', () => {
    const titles = Object.keys(switches);
    const found: Record<string, readonly string[]> = {};
    let pairs = 0;
    for (const [index, first] of titles.entries()) {
      for (const second of titles.slice(index + 1)) {
        const fields = interactions(first, second);
        if (fields === undefined) continue;
        pairs += 1;
        if (fields.length > 0) found[`${first} + ${second}`] = fields;
      }
    }
    expect(pairs).to.be.above(400);
    expectGolden('pairs.yaml', found);
  });
});
