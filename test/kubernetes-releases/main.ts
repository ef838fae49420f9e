/**
 * `npm run test:releases`: whether the API servers of the oldest, the usual and the newest Kubernetes that docs/install.md names
 * take the kind, every sample, and what warns of open ones. Each is judged by that release's own code, built from its Go modules (once, minutes).
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
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
import { fileURLToPath } from 'node:url';
import { parse, parseAllDocuments } from 'yaml';
import { kubernetesVersion } from '../../hack/cluster/binaries.ts';
import { cacheFolder } from '../../hack/cluster/folders.ts';
import { aRegistryNamed } from '../build/children.ts';
import { switches } from '../build/switches.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const releases: readonly { readonly version: string; readonly takesIt: boolean }[] = [
  // It has no isCIDR.
  { version: '1.30.14', takesIt: false },
  { version: '1.31.14', takesIt: true },
  { version: kubernetesVersion, takesIt: true },
  { version: '1.37.2', takesIt: true },
];

/** The path of the program for one release. */
function build(version: string): string {
  const source = readFileSync(join(import.meta.dirname, 'go', 'main.go'));
  const hash = createHash('sha256').update(source).digest('hex').slice(0, 12);
  const program = join(cacheFolder, 'bin', `judge-${version}-${hash}`);
  if (existsSync(program)) return program;
  console.log(`Building from the Go modules of Kubernetes ${version} (once; kept in ${cacheFolder})`);
  const folder = mkdtempSync(join(tmpdir(), 'judge-'));
  try {
    copyFileSync(join(import.meta.dirname, 'go', 'main.go'), join(folder, 'main.go'));
    const modules = [
      'api',
      'apiextensions-apiserver',
      'apimachinery',
      'apiserver',
      'client-go',
      'component-base',
    ];
    const required = modules.map((name) => `\tk8s.io/${name} v0.${version.slice(2)}`);
    writeFileSync(
      join(folder, 'go.mod'),
      `module judge\n\ngo 1.22.0\n\nrequire (\n${required.join('\n')}\n)\n`,
    );
    const env = { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '-mod=mod', CGO_ENABLED: '0' };
    const go = (...args: string[]) =>
      execFileSync('go', args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
    go('mod', 'tidy');
    go('build', '-p', '1', '-o', 'judge', '.');
    mkdirSync(join(cacheFolder, 'bin'), { recursive: true });
    copyFileSync(join(folder, 'judge'), `${program}.new`);
    renameSync(`${program}.new`, program);
    return program;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function read(path: string): unknown {
  return parse(readFileSync(`${root}${path}`, 'utf8'));
}

const samples = readdirSync(`${root}config/samples`).map(
  (file) => [file, read(`config/samples/${file}`)] as const,
);
const specs = Object.entries(switches).map(
  ([title, spec]) => [title, aRegistryNamed('sample', spec)] as const,
);
const folder = mkdtempSync(join(tmpdir(), 'judged-'));
try {
  const [policy] = parseAllDocuments(readFileSync(`${root}config/admission/exposed.yaml`, 'utf8'));
  const objects = [
    ['crd', read('crds/schema-registry.yaml')] as const,
    ['admission policy', policy?.toJS()] as const,
    ...[...samples, ...specs],
  ];
  const paths = objects.map(([title, object]) => {
    const path = join(folder, `${title.replaceAll(/\W+/g, '-')}.json`);
    writeFileSync(path, JSON.stringify(object));
    return path;
  });
  for (const { version, takesIt } of releases) {
    let said: string;
    try {
      said = execFileSync(build(version), paths, { encoding: 'utf8' });
    } catch (error) {
      said = (error as { stdout?: string }).stdout || String(error);
    }
    const wrong = said
      .trim()
      .split('\n')
      .filter((line) => !line.endsWith(': ok'));
    const isAsWanted = (wrong.length === 0) === takesIt;
    const words = takesIt
      ? `takes the kind, ${paths.length - 2} objects of it and the policy that warns`
      : 'does not take the kind';
    console.log(
      `Kubernetes ${version} ${isAsWanted ? words : `is not as docs/install.md says:\n${wrong.join('\n')}`}`,
    );
    if (!isAsWanted) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}
