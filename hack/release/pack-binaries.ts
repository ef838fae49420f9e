import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from '../cluster/report.ts';
import { run } from '../cluster/run.ts';
import { architectures } from '../images/architecture.ts';
import { nodePackage, root } from '../images/debian-image.ts';
import { keptPackages } from '../images/kept-packages.ts';
import { fixedInTar } from './fixed-in-tar.ts';
import { compileCommand } from './pack-command.ts';

const tools = join(import.meta.dirname, 'binaries');
/** By which a program of Node.js knows that another is in it: https://nodejs.org/api/single-executable-applications.html */
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/**
 * The `registry` command as one program for each processor, on any Linux with glibc: Node.js with the command in it.
 * @returns the paths of the archives
 */
export async function packBinaries(version: string, folder: string, report: Report): Promise<string[]> {
  report('Packing the command into one program for each processor');
  const work = mkdtempSync(join(tmpdir(), 'binaries-'));
  try {
    // They are no dependencies of anything else, and have a lock of their own.
    await run('npm', ['ci', '--prefix', tools, '--no-audit', '--no-fund']);
    await bundle(version, work);
    const archives: string[] = [];
    for (const architecture of architectures) {
      const name = `registry-${version}-linux-${architecture}`;
      const content = join(work, name);
      mkdirSync(join(content, 'licences'), { recursive: true });
      const node = await nodePackage(architecture);
      const program = join(content, 'registry');
      copyFileSync(join(node, 'bin', 'node'), program);
      chmodSync(program, 0o755);
      const inject = [program, 'NODE_SEA_BLOB', join(work, 'command.blob'), '--sentinel-fuse', fuse];
      await run(join(tools, 'node_modules', '.bin', 'postject'), inject);
      copyFileSync(join(root, 'LICENSE'), join(content, 'LICENSE'));
      copyFileSync(join(node, 'LICENSE'), join(content, 'licences', 'node'));
      for (const kept of keptPackages('registry-server/cli', root))
        copyFileSync(
          join(root, kept, 'LICENSE'),
          join(content, 'licences', kept.replace(/^.*node_modules\//, '')),
        );
      const archive = join(folder, `${name}.tar.gz`);
      // Without a time in it, the same content gives the same bytes.
      await run('tar', [...fixedInTar, '-I', 'gzip -n', '-C', work, '-cf', archive, name]);
      archives.push(archive);
    }
    return archives;
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** All of the command in one file, as Node.js takes it into a program: without modules, and with its version in it. */
async function bundle(version: string, work: string): Promise<void> {
  await compileCommand(work);
  writeFileSync(
    join(work, 'registry-server', 'version.js'),
    `export const version = ${JSON.stringify(version)};\n`,
  );
  writeFileSync(join(work, 'entry.js'), "import { run } from './registry-server/cli/run.js';\nvoid run();\n");
  const options = ['--bundle', '--platform=node', '--format=cjs', '--target=node24', '--log-level=warning'];
  await run(
    join(tools, 'node_modules', '.bin', 'esbuild'),
    ['entry.js', ...options, '--outfile=command.cjs'],
    {
      cwd: work,
      env: { NODE_PATH: join(root, 'node_modules') },
    },
  );
  // What depends on a processor or on a build of Node.js is left out, so that one blob is good for all.
  const config = {
    main: 'command.cjs',
    output: 'command.blob',
    disableExperimentalSEAWarning: true,
    useSnapshot: false,
    useCodeCache: false,
  };
  writeFileSync(join(work, 'sea.json'), JSON.stringify(config));
  await run(process.execPath, ['--experimental-sea-config', 'sea.json'], { cwd: work });
}
