import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { cacheFolder } from '../../hack/cluster/folders.ts';
import { loadImages } from '../../hack/cluster/load-images.ts';
import { reportTo } from '../../hack/cluster/report.ts';
import { ownArchitecture } from '../../hack/images/architecture.ts';
import { buildDebian } from '../../hack/images/debian-image.ts';
import { packImage } from '../../hack/images/pack.ts';
import { services } from '../../hack/images/table.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import { until } from './api-server.ts';
import { goModule } from './go-module.ts';
import { findGo } from './go-tool.ts';
import type { RunningCluster } from './running-cluster.ts';

const module = 'github.com/cloudnative-pg/cloudnative-pg';
const version = '1.27.0';
const operatorImage = `ghcr.io/cloudnative-pg/cloudnative-pg:${version}`;

/** PostgreSQL as CloudNativePG wants it: its user, and the programs on the path. Its own program is copied into the pod. */
export const operandImage = 'localhost/llm-schema-registry/cnpg-postgresql:15';

export const cnpgNamespace = 'cnpg-system';

/** The release's own manifests, CRDs and all, as they are published. */
export function cnpgManifests(): string {
  return readFileSync(join(goModule(module, `v${version}`), 'releases', `cnpg-${version}.yaml`), 'utf8');
}

/** The CRD of its Cluster, as it is published. */
export function clusterCrd(): KubeObject {
  const folder = join(goModule(module, `v${version}`), 'config', 'crd', 'bases');
  return parse(readFileSync(join(folder, 'postgresql.cnpg.io_clusters.yaml'), 'utf8')) as KubeObject;
}

/** The operator from its Go module, an operand from Debian's packages, and the release's manifests, in a cluster. */
export async function installCnpg({
  name,
  kubectl,
}: Pick<RunningCluster, 'name' | 'kubectl'>): Promise<void> {
  const report = reportTo(process.stderr);
  await loadImages(name, [await operatorArchive(), await operandArchive()], report);
  await kubectl(
    ['apply', '--server-side', '--force-conflicts', '-f', '-'],
    // Nothing is pulled here.
    cnpgManifests().replaceAll('imagePullPolicy: Always', 'imagePullPolicy: IfNotPresent'),
  );
  await kubectl([
    ...['-n', cnpgNamespace, 'rollout', 'status', 'deployment/cnpg-controller-manager', '--timeout=180s'],
  ]);
  // Its webhooks are called with a certificate that it makes itself; until then nothing of its kinds is taken.
  await until(
    'the webhooks of CloudNativePG answer',
    async () => {
      const probe = {
        apiVersion: 'postgresql.cnpg.io/v1',
        kind: 'Cluster',
        metadata: { name: 'probe', namespace: 'default' },
        spec: { instances: 1, storage: { size: '1Gi' } },
      };
      await kubectl(['create', '--dry-run=server', '-f', '-'], JSON.stringify(probe));
      return true;
    },
    120_000,
  );
}

/** Built in its own module, with the versions that it was released with. */
function managerProgram(): string {
  const program = join(cacheFolder, 'bin', `cnpg-manager-${version}`);
  if (existsSync(program)) return program;
  const go = findGo();
  if (go === undefined) throw new Error('Go, which builds CloudNativePG, is not on PATH');
  const fresh = `${program}.new-${process.pid}`;
  mkdirSync(join(cacheFolder, 'bin'), { recursive: true });
  process.stderr.write(
    `Building CloudNativePG ${version} from its Go module (once; kept in ${cacheFolder}).\n`,
  );
  execFileSync(
    go,
    [
      ...['build', '-p', '2', '-trimpath', '-buildvcs=false', '-mod=readonly', '-ldflags', '-s -w'],
      ...['-o', fresh, './cmd/manager'],
    ],
    {
      cwd: goModule(module, `v${version}`),
      env: { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '', CGO_ENABLED: '0' },
      stdio: 'pipe',
      timeout: 40 * 60_000,
    },
  );
  renameSync(fresh, program);
  return program;
}

/** Where its own image has it: the instances fetch the program for their kind of machine from the folder. */
async function operatorArchive(): Promise<string> {
  const archive = join(cacheFolder, 'images', `cnpg-operator-${version}.tar`);
  if (existsSync(archive)) return archive;
  const program = managerProgram();
  const files = mkdtempSync(join(tmpdir(), 'image-'));
  try {
    mkdirSync(join(files, 'operator'));
    const own = `operator/manager_${ownArchitecture()}`;
    copyFileSync(program, join(files, own));
    symlinkSync(own, join(files, 'manager'));
    await packImage({
      name: operatorImage,
      archive,
      layers: [files],
      config: { Entrypoint: ['/manager'], User: '65532:65532', WorkingDir: '/' },
    });
    return archive;
  } finally {
    rmSync(files, { recursive: true, force: true });
  }
}

async function operandArchive(): Promise<string> {
  const ours = services.find(({ name }) => name.includes('/postgres:'));
  if (ours === undefined) throw new Error('no image of PostgreSQL in hack/images/table.ts');
  const image = {
    ...ours,
    name: operandImage,
    user: { name: 'postgres', id: 26, home: '/var/lib/postgresql' },
    config: { ...ours.config, User: '26' },
  };
  const hash = createHash('sha256').update(JSON.stringify(image)).digest('hex').slice(0, 12);
  const archive = join(cacheFolder, 'images', `cnpg-postgresql-15-${hash}.tar`);
  if (!existsSync(archive)) await buildDebian(image, ownArchitecture(), archive, reportTo(process.stderr));
  return archive;
}
