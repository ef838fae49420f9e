import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { Problem } from '../cluster/problem.ts';
import { run } from '../cluster/run.ts';
import { importedPackages } from '../images/imported-packages.ts';

const root = join(import.meta.dirname, '..', '..');
const entry = 'registry-server/cli/main';

export const commandPackage = 'llm-schema-registry-cli';

/**
 * The `registry` command as a package for npm, in a folder. It is JavaScript, as Node.js reads no TypeScript below node_modules; of our
 * files it has those that the command imports, and of packages it wants those.
 * @returns the path of the archive
 * @throws Problem where the command imports what is not among our dependencies
 */
export async function packCommand(version: string, folder: string): Promise<string> {
  const work = mkdtempSync(join(tmpdir(), 'command-'));
  try {
    await compileCommand(work);
    writeFileSync(join(work, 'package.json'), `${JSON.stringify(manifest(version, work), null, 2)}\n`);
    writeFileSync(join(work, 'README.md'), readMe());
    copyFileSync(join(root, 'LICENSE'), join(work, 'LICENSE'));
    mkdirSync(folder, { recursive: true });
    const name = (
      await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], { cwd: work })
    ).trim();
    const archive = join(folder, `${commandPackage}-${version}.tgz`);
    renameSync(join(folder, name), archive);
    return archive;
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** The command as JavaScript in a folder. TypeScript follows the imports, so what it writes is all that is needed. */
export async function compileCommand(work: string): Promise<void> {
  const config = join(work, 'tsconfig.json');
  const compilerOptions = {
    noEmit: false,
    rewriteRelativeImportExtensions: true,
    rootDir: root,
    outDir: work,
    typeRoots: [join(root, 'node_modules', '@types')],
    types: ['node'],
  };
  const value = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions,
    include: [],
    files: [join(root, `${entry}.ts`)],
  };
  writeFileSync(config, JSON.stringify(value));
  await run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '--project', config]);
  rmSync(config);
}

function manifest(version: string, work: string): object {
  const sources = readdirSync(work, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.js'),
  );
  const imported = new Set(
    sources.flatMap((file) => importedPackages(readFileSync(join(work, file), 'utf8').replaceAll('"', "'"))),
  );
  const known: Readonly<Record<string, string>> = packageJson.dependencies;
  const dependencies = [...imported].sort().map((name) => {
    const wanted = known[name];
    if (wanted === undefined)
      throw new Problem(`The command imports ${name}, which is not among the dependencies.`);
    return [name, wanted];
  });
  const repository = 'https://github.com/llm-schema-registry/llm-schema-registry';
  return {
    name: commandPackage,
    version,
    description: "Fetches, checks and publishes schemas at any registry that speaks Confluent's REST API",
    license: packageJson.license,
    repository: { type: 'git', url: `git+${repository}.git`, directory: 'registry-server/cli' },
    homepage: repository,
    type: 'module',
    engines: packageJson.engines,
    bin: { registry: `${entry}.js` },
    files: ['registry-server'],
    dependencies: Object.fromEntries(dependencies),
  };
}

/** The page, with links that lead somewhere from npm's site. */
function readMe(): string {
  const base = 'https://github.com/llm-schema-registry/llm-schema-registry/blob/main/docs/';
  return readFileSync(join(root, 'docs', 'cli.md'), 'utf8').replace(
    /\]\((?!https?:)([^)]+)\)/g,
    `](${base}$1)`,
  );
}
