import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../hack/cluster/folders.ts';
import { run } from '../../hack/cluster/run.ts';

/** Pinned: what a run sees does not change by itself. */
const environments = {
  // grpcio-tools brings protoc, which makes the classes that the Protobuf serializer wants.
  client: ['confluent-kafka[avro,json,protobuf,rules,schemaregistry]==2.15.0', 'grpcio-tools==1.85.1'],
  grpc: [
    'grpcio-tools==1.85.1',
    'grpcio-reflection==1.85.1',
    'grpcio-health-checking==1.85.1',
    'grpcio-status==1.85.1',
  ],
  checkov: ['checkov==3.3.30'],
  schemathesis: ['schemathesis==4.32.5'],
  yaml: ['pyyaml==6.0.3'],
} as const;

/** A Python with these packages, made once and kept by version; `reason` where it cannot be had. */
export async function findPython(
  environment: keyof typeof environments = 'client',
): Promise<{ python: string } | { reason: string }> {
  const packages = environments[environment];
  const folder = join(
    cacheFolder,
    `python-${createHash('sha256').update(packages.join(' ')).digest('hex').slice(0, 12)}`,
  );
  const python = join(folder, 'bin', 'python');
  if (existsSync(join(folder, 'complete'))) return { python };
  mkdirSync(cacheFolder, { recursive: true });
  rmSync(folder, { recursive: true, force: true });
  try {
    process.stderr.write(`    Installing ${packages.join(' ')} into the cache\n`);
    await run('python3', ['-m', 'venv', folder]);
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages]);
    mkdirSync(join(folder, 'installing'));
    renameSync(join(folder, 'installing'), join(folder, 'complete'));
    return { python };
  } catch (error) {
    return { reason: (error as Error).message };
  }
}
