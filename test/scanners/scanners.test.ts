import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { binariesOf, buildBinaries } from '../../hack/cluster/binaries.ts';
import { reportTo } from '../../hack/cluster/report.ts';
import { chart, home, openHelm } from '../build/helm.ts';
import { findPython } from '../build/python.ts';
import { findTrivy } from '../build/trivy.ts';
import { type Exception, leftOfCheckov, leftOfTrivy } from './exceptions.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

interface Finding {
  readonly check: string;
  /** File, object and the scanner's words. */
  readonly where: string;
}

/** `npm run test:scanners`: what is installed, what the operator makes of the samples, and what images are built from. */
describe('what is installed and made', function () {
  this.timeout(45 * 60_000); // The first build of Trivy.
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'scanned-'));
    await write(folder);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('has nothing that Trivy minds but what is left for a reason', () => {
    const args = ['config', '--skip-check-update', '--quiet', '--format', 'json', folder];
    const { Results } = JSON.parse(said(findTrivy(), args)) as {
      Results: readonly {
        Target: string;
        MisconfSummary?: { Successes: number };
        Misconfigurations?: readonly { ID: string; Message: string }[];
      }[];
    };
    // So many checks were made of each, or the checks were not there.
    expect(Results.length).to.be.above(20);
    for (const { MisconfSummary } of Results) expect(MisconfSummary?.Successes).to.be.above(20);
    const found = Results.flatMap(({ Target, Misconfigurations = [] }) =>
      Misconfigurations.map(({ ID, Message }) => ({ check: ID, where: `${Target} ${Message}` })),
    );
    expectOnly(found, leftOfTrivy);
  });

  it('has nothing that Checkov minds but what is left for a reason', async () => {
    const found = await findPython('checkov');
    if ('reason' in found) throw new Error(found.reason);
    const frameworks = ['kubernetes', 'dockerfile', 'secrets', 'github_actions'];
    const program = join(found.python, '..', 'checkov');
    const args = ['--directory', folder, '--framework', ...frameworks, '--compact', '--skip-download'];
    const reports = JSON.parse(said(program, [...args, '--output', 'json'])) as readonly {
      check_type: string;
      summary: { passed: number };
      results: {
        failed_checks: readonly { check_id: string; file_path: string; resource: string }[];
      };
    }[];
    expect(reports.map(({ check_type }) => check_type)).to.have.members(frameworks);
    const passed = Object.fromEntries(reports.map(({ check_type, summary }) => [check_type, summary.passed]));
    expect(passed.kubernetes).to.be.above(1_000);
    expectOnly(
      reports.flatMap(({ results }) =>
        results.failed_checks.map(({ check_id, file_path, resource }) => ({
          check: check_id,
          where: `${file_path} ${resource}`,
        })),
      ),
      leftOfCheckov,
    );
  });
});

function expectOnly(found: readonly Finding[], exceptions: readonly Exception[]): void {
  const isLeft = ({ check, where }: Finding, exception: Exception) =>
    exception.check === check && (exception.where?.test(where) ?? true);
  const minded = found.filter((each) => !exceptions.some((exception) => isLeft(each, exception)));
  expect(minded.map(({ check, where }) => `${check}: ${where}`)).to.deep.equal([]);
  const unused = exceptions.filter((exception) => !found.some((each) => isLeft(each, exception)));
  expect(
    unused.map(({ check }) => check),
    'exceptions of which there is no case any more',
  ).to.deep.equal([]);
}

const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

/** It ends with 1 where it minds anything. */
function said(program: string, args: readonly string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe', maxBuffer: MAX_OUTPUT_BYTES });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    if (stdout === '') throw new Error(stderr.slice(-500), { cause: error });
    return stdout;
  }
}

async function write(folder: string): Promise<void> {
  await buildBinaries(['node'], reportTo(process.stderr));
  const kubectl = join(binariesOf('node'), 'kubectl');
  const kustomized = readdirSync(join(root, 'config'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('/kustomization.yaml'))
    .map((path) => path.slice(0, -'/kustomization.yaml'.length));
  for (const path of kustomized)
    writeFileSync(
      join(folder, `${path.replaceAll('/', '-')}.yaml`),
      execFileSync(kubectl, ['kustomize', join(root, 'config', path)]),
    );
  const helm = await openHelm();
  try {
    const registries = { production: { spec: { auth: { mode: 'ApiKey' }, tls: { mode: 'Operator' } } } };
    for (const [name, values] of Object.entries({ chart: {}, 'chart-with-registry': { registries } }))
      writeFileSync(
        join(folder, `${name}.yaml`),
        await helm(['template', 'schemas', chart, '--namespace', home], values),
      );
  } finally {
    helm.close();
  }
  const golden = join(root, 'test', 'golden');
  for (const file of readdirSync(golden).filter((each) => !['switches.yaml', 'pairs.yaml'].includes(each)))
    copyFileSync(join(golden, file), join(folder, `golden-${file}`));
  for (const file of readdirSync(root).filter((each) => each.startsWith('Dockerfile')))
    copyFileSync(join(root, file), join(folder, file));
  cpSync(join(root, '.github'), join(folder, '.github'), { recursive: true });
}
