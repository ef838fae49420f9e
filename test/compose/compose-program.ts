import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../hack/cluster/folders.ts';
import type { Report } from '../../hack/cluster/report.ts';
import { run } from '../../hack/cluster/run.ts';

const module = 'github.com/docker/compose/v2';
const version = 'v2.40.3';

/**
 * Compose 2, built from its Go modules once (some minutes). As a dependency of an empty module, because Go installs no program
 * whose own module replaces others.
 */
export async function composeProgram(report: Report): Promise<string> {
  const program = join(cacheFolder, 'bin', `docker-compose-${version}`);
  if (existsSync(program)) return program;
  report(`Building Compose ${version} from Go modules (once; kept in ${cacheFolder})`);
  mkdirSync(join(cacheFolder, 'bin'), { recursive: true });
  const folder = mkdtempSync(join(cacheFolder, 'bin', '.new-'));
  const options = { cwd: folder, env: { GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local', CGO_ENABLED: '0' } };
  try {
    writeFileSync(join(folder, 'go.mod'), 'module compose\n\ngo 1.24\n');
    await run('go', ['get', '-tool', `${module}/cmd@${version}`], options);
    const set = `-s -w -X ${module}/internal.Version=${version}`;
    await run('go', ['build', '-p', '1', '-ldflags', set, '-o', 'docker-compose', `${module}/cmd`], options);
    renameSync(join(folder, 'docker-compose'), program);
    return program;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
