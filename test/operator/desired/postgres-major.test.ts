import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { postgres } from '../../../operator/desired/postgres.ts';
import { prepareScript } from '../../../operator/desired/postgres-scripts.ts';
import type {
  V1PersistentVolumeClaim,
  V1PodTemplateSpec,
  V1StatefulSet,
} from '../../../operator/kube/kubernetes.ts';
import type { Observed } from '../../../operator/observed.ts';
import { status } from '../../../operator/status/status.ts';
import { anObserved, aRegistry } from '../../build/registry.ts';

const claim: V1PersistentVolumeClaim = {
  metadata: { name: 'data-sample-postgres-0' },
  status: { phase: 'Bound' },
};

interface World {
  readonly wanted: string;
  readonly runs: string;
  readonly version?: string;
  readonly claims?: readonly V1PersistentVolumeClaim[];
}

function worldOf({ wanted, runs, version = '17.2', claims = [claim] }: World) {
  const registry = aRegistry({ cache: { disabled: true }, database: { managed: { image: wanted } } });
  const found = postgres(
    aRegistry({ database: { managed: { image: runs } } }),
    anObserved(),
  ) as V1StatefulSet;
  const observed: Observed = anObserved({
    postgres: { ...found, status: { replicas: 1, readyReplicas: 1 } },
    databaseVersion: version,
    claims,
  });
  return { registry, observed };
}

function imageIn(world: World): string | undefined {
  const { registry, observed } = worldOf(world);
  const { template } = (postgres(registry, observed)?.spec ?? {}) as { template: V1PodTemplateSpec };
  const images = [...(template.spec?.initContainers ?? []), ...(template.spec?.containers ?? [])].map(
    ({ image }) => image,
  );
  expect(new Set(images).size).to.equal(1);
  return images[0];
}

const leaving = { ...claim, metadata: { ...claim.metadata, deletionTimestamp: new Date(0) } };

describe('an image of PostgreSQL of another major version', () => {
  const cases: readonly [string, World, boolean][] = [
    ['a newer one', { wanted: 'postgres:18-bookworm', runs: 'postgres:17-bookworm' }, false],
    ['an older one', { wanted: 'example.test:5000/postgres:16.4', runs: 'postgres:17' }, false],
    ['a newer one, where what runs tells nothing', { wanted: 'postgres:18', runs: 'postgres:latest' }, false],
    ['the same with another tag', { wanted: 'postgres:17.5', runs: 'postgres:17' }, true],
    ['one whose tag says nothing', { wanted: 'postgres:bookworm', runs: 'postgres:17' }, true],
    ['one of a number that is no version', { wanted: 'postgres:20260101a', runs: 'postgres:17' }, true],
    [
      'one on a volume that is being deleted',
      { wanted: 'postgres:18', runs: 'postgres:17', claims: [leaving] },
      true,
    ],
    ['one where there is no volume', { wanted: 'postgres:18', runs: 'postgres:17', claims: [] }, true],
    ['one that runs, whatever the last server said', { wanted: 'postgres:18', runs: 'postgres:18' }, true],
    [
      'a later one of a new volume, which no server has told of',
      { wanted: 'postgres:18.1', runs: 'postgres:18' },
      true,
    ],
  ];
  for (const [title, world, isTaken] of cases) {
    it(`is ${isTaken ? '' : 'not '}taken: ${title}`, () => {
      expect(imageIn(world)).to.equal(isTaken ? world.wanted : world.runs);
    });
  }

  it('is named by the conditions, while PostgreSQL goes on', () => {
    const { registry, observed } = worldOf({ wanted: 'postgres:18', runs: 'postgres:17' });
    const { conditions = [] } = status(registry, observed, {}, undefined);
    const shown = (type: string) => conditions.find((condition) => condition.type === type);
    const message =
      'PostgreSQL goes on with postgres:17: postgres:18 has PostgreSQL 18, and the data is of 17; write an image of PostgreSQL 17 in spec.database.managed.image, or move the data (docs/upgrade.md)';
    expect(shown('DatabaseReady')).to.include({ status: 'True', reason: 'MajorUpgradeRefused', message });
    expect(shown('Degraded')).to.include({ status: 'True', reason: 'MajorUpgradeRefused', message });
  });

  it('is named by the condition where its pod refuses the data', () => {
    const { registry, observed } = worldOf({ wanted: 'postgres:mine', runs: 'postgres:mine' });
    const ended = {
      exitCode: 1,
      message: 'FATAL: the data is of PostgreSQL 17, and the image has PostgreSQL 18\n',
    };
    const pod = {
      metadata: { name: 'sample-postgres-0', labels: { 'app.kubernetes.io/component': 'postgres' } },
      status: {
        initContainerStatuses: [
          {
            name: 'prepare',
            image: 'postgres:mine',
            imageID: '',
            ready: false,
            restartCount: 2,
            state: { waiting: { reason: 'CrashLoopBackOff' } },
            lastState: { terminated: ended },
          },
        ],
      },
    };
    const postgres = { ...observed.postgres, status: { replicas: 1, readyReplicas: 0 } };
    const { conditions = [] } = status(registry, { ...observed, postgres, pods: [pod] }, {}, undefined);
    const found = conditions.find(({ type }) => type === 'DatabaseReady');
    expect(found).to.include({ status: 'False', reason: 'MajorUpgradeRefused' });
    expect(found?.message).to.include('write an image of PostgreSQL 17 in spec.database.managed.image');
  });

  it('ends before it touches the data', () => {
    const folder = mkdtempSync(join(tmpdir(), 'postgres-major-'));
    try {
      const [programs, data] = [join(folder, 'bin'), join(folder, 'pgdata')];
      for (const each of [programs, data]) mkdirSync(each);
      writeFileSync(
        join(programs, 'postgres'),
        '#!/bin/sh\necho "postgres (PostgreSQL) 18.1 (Debian 18.1-1)"\n',
      );
      chmodSync(join(programs, 'postgres'), 0o755);
      writeFileSync(join(data, 'PG_VERSION'), '17\n');
      writeFileSync(join(data, 'postmaster.pid'), '1\n');
      const { status: code, stderr } = spawnSync('sh', ['-c', prepareScript], {
        env: { PATH: `${programs}:${process.env.PATH}`, PGDATA: data, ROLES_FILE: '/dev/null' },
        encoding: 'utf8',
      });
      expect([code, stderr]).to.deep.equal([
        1,
        'FATAL: the data is of PostgreSQL 17, and the image has PostgreSQL 18\n',
      ]);
      expect(existsSync(join(data, 'postmaster.pid'))).to.equal(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
