import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import packageJson from '../../package.json' with { type: 'json' };
import { Problem } from '../cluster/problem.ts';
import { reportTo } from '../cluster/report.ts';
import { cutChangelog, isCut } from './changelog.ts';
import { release } from './release.ts';
import { parseVersion, places, withVersion } from './version.ts';

const usage = `Makes a release, in two steps with a commit between them.

  npm run release -- VERSION [--folder FOLDER]

The first time it puts the version in its places and cuts the changelog; commit that, and tag it vVERSION. From that commit it
makes all that a release consists of in FOLDER (default dist/VERSION).`;

const root = join(import.meta.dirname, '..', '..');
const changelogPath = join(root, 'CHANGELOG.md');

try {
  await main();
} catch (error) {
  console.error(error instanceof Problem ? error.message : error);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { folder: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  const [text] = positionals;
  if (values.help || text === undefined || positionals.length > 1) throw new Problem(usage);
  const { version } = parseVersion(text);
  const changelog = readFileSync(changelogPath, 'utf8');
  if (packageJson.version !== version || !isCut(changelog, version)) return cut(version, changelog);
  const folder = resolve(values.folder ?? join(root, 'dist', version));
  await release(version, folder, reportTo(process.stderr));
  console.log(folder);
}

function cut(version: string, changelog: string): void {
  const changed = cutChangelog(changelog, version, new Date().toISOString().slice(0, 10));
  for (const place of places) {
    const path = join(root, place.path);
    writeFileSync(path, withVersion(readFileSync(path, 'utf8'), place, version));
  }
  writeFileSync(changelogPath, changed);
  console.log(
    `Version ${version} is in its places. Look at the changelog, commit, tag the commit v${version}, and run this once more.`,
  );
}
