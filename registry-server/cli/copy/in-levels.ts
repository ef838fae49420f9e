import { besides } from '../schema.ts';
import { type HeldVersion, keyOf } from './registry-content.ts';

/**
 * Each version in a later level than those that it refers to, and than the one before it in its subject, so that those of
 * one level can be registered in any order. What refers to itself in a circle, which no registry takes, comes last.
 */
export function inLevels(versions: readonly HeldVersion[]): HeldVersion[][] {
  const followers = new Map<string, HeldVersion[]>();
  const waitsFor = new Map<HeldVersion, number>();
  const keys = new Set(versions.map(keyOf));
  let before: HeldVersion | undefined;
  for (const version of versions) {
    const needed = new Set(
      (version.content.references ?? []).map((reference) =>
        keyOf({ subject: besides(reference.subject, version.subject), version: reference.version }),
      ),
    );
    if (before?.subject === version.subject) needed.add(keyOf(before));
    before = version;
    const there = [...needed].filter((key) => keys.has(key));
    waitsFor.set(version, there.length);
    for (const key of there) {
      const list = followers.get(key);
      if (list) list.push(version);
      else followers.set(key, [version]);
    }
  }
  const levels: HeldVersion[][] = [];
  let next = versions.filter((version) => waitsFor.get(version) === 0);
  while (next.length > 0) {
    levels.push(next);
    const freed: HeldVersion[] = [];
    for (const version of next) {
      waitsFor.delete(version);
      for (const follower of followers.get(keyOf(version)) ?? []) {
        const left = (waitsFor.get(follower) ?? 0) - 1;
        waitsFor.set(follower, left);
        if (left === 0) freed.push(follower);
      }
    }
    next = freed;
  }
  if (waitsFor.size > 0) levels.push([...waitsFor.keys()]);
  return levels;
}
