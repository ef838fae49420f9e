import { lt, valid } from 'semver';
import type { Registry, Status } from './registry.ts';
import { BadSpec } from './spec.ts';
import { databasePlace } from './status/database-ready.ts';

/**
 * A server that is too old for the tables would wait beside the one that runs until somebody notices: its pods start,
 * and refuse to serve. So the spec is refused before any of them is made.
 * @param before what the registry's servers last said of their database
 * @throws BadSpec that names the oldest version that can work with the tables
 */
export function mustKnowTables(registry: Registry, before: Status): void {
  const { version } = registry;
  const { oldestServer, host } = before.dependencies?.database ?? {};
  // Another database has tables of its own; a tag that is no version tells nothing, and the server itself looks too.
  if (version === undefined || oldestServer === undefined || host !== databasePlace(registry)) return;
  if (valid(version.text) === null || valid(oldestServer) === null || !lt(version.text, oldestServer)) return;
  throw new BadSpec(
    `${version.field}: "${version.text}" cannot work with the tables of the database, which are for ${oldestServer} and newer; ` +
      `write ${oldestServer} or newer, or restore a backup of before the upgrade`,
    { reason: 'DowngradeRefused' },
  );
}
