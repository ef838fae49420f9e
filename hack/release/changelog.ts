import { Problem } from '../cluster/problem.ts';

const unreleased = '## [Unreleased]';

/** Whether it has a section of that version. */
export const isCut = (changelog: string, version: string): boolean => changelog.includes(`\n## [${version}]`);

/**
 * What was not released becomes a section of its own, and an empty one takes its place.
 * @param day such as 2026-01-31
 */
export function cutChangelog(changelog: string, version: string, day: string): string {
  if (isCut(changelog, version)) throw new Problem(`CHANGELOG.md has a section for ${version} already.`);
  const start = changelog.indexOf(`\n${unreleased}\n`);
  if (start < 0) throw new Problem(`CHANGELOG.md has no line "${unreleased}".`);
  if (notesOf(changelog, 'Unreleased') === '')
    throw new Problem(`CHANGELOG.md has nothing under "${unreleased}": there is nothing to release.`);
  return changelog.replace(`\n${unreleased}\n`, `\n${unreleased}\n\n## [${version}] - ${day}\n`);
}

/** What stands under a version's heading. @throws Problem where there is none */
export function notesOf(changelog: string, version: string): string {
  const start = changelog.indexOf(`\n## [${version}]`);
  if (start < 0)
    throw new Problem(`CHANGELOG.md has no section for ${version}; "npm run release -- ${version}" cuts it.`);
  const body = changelog.slice(changelog.indexOf('\n', start + 1));
  const end = body.search(/\n## \[/);
  return (end < 0 ? body : body.slice(0, end)).trim();
}
