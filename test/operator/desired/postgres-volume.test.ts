import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { followScript } from '../../../operator/desired/postgres-scripts.ts';
import type { V1PersistentVolumeClaim } from '../../../operator/kube/kubernetes.ts';
import type { Answer } from '../../../operator/observed.ts';
import { status } from '../../../operator/status/status.ts';
import { readVolume } from '../../../registry-server/store/volume.ts';
import { eventually } from '../../build/eventually.ts';
import { anObserved, aRegistry } from '../../build/registry.ts';

const gibibyte = 2 ** 30;

function degradedWith(sizeGi: number, freeGi: number, claimed: string) {
  const volume = { sizeBytes: sizeGi * gibibyte, freeBytes: freeGi * gibibyte };
  const answer: Answer = {
    isReady: true,
    isDegraded: false,
    isLocked: false,
    version: '0.2.0',
    checks: { database: { status: 'up', volume } },
  };
  const claim: V1PersistentVolumeClaim = {
    metadata: { name: 'data-sample-postgres-0' },
    status: { phase: 'Bound', capacity: { storage: claimed } },
  };
  const registry = aRegistry({ replicas: 0, autoscaling: { enabled: false }, cache: { disabled: true } });
  const written = status(registry, anObserved({ answer, claims: [claim] }), {}, undefined);
  expect(written.dependencies?.database?.volume).to.deep.equal(volume);
  return written.conditions?.find(({ type }) => type === 'Degraded');
}

describe('the room on the volume of PostgreSQL', () => {
  it('is told by the script beside it in a way that a server reads', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'postgres-volume-'));
    const [programs, told] = [join(folder, 'bin'), join(folder, 'told')];
    mkdirSync(programs);
    writeFileSync(join(programs, 'psql'), `#!/bin/sh\ncat >> ${told}\n`);
    chmodSync(join(programs, 'psql'), 0o755);
    writeFileSync(told, '');
    const script = spawn('sh', ['-c', followScript], {
      env: { PATH: `${programs}:${process.env.PATH}`, ROLES_FILE: '/dev/null', VOLUME: folder },
      stdio: 'ignore',
    });
    try {
      await eventually(() => expect(readFileSync(told, 'utf8')).to.match(/\n/));
      const [, comment] =
        /^COMMENT ON DATABASE registry IS '(.*)';\n$/.exec(readFileSync(told, 'utf8')) ?? [];
      const { blocks, bsize } = statfsSync(folder);
      expect(readVolume(comment)?.sizeBytes).to.equal(blocks * bsize);
    } finally {
      script.kill();
      await once(script, 'exit');
      rmSync(folder, { recursive: true });
    }
  });

  it('is nothing that a server reads in what somebody else says of a database', () => {
    for (const comment of [null, 'ours', 'volume: 1 KiB', 'volume: -1 KiB, 1 KiB free']) {
      expect(readVolume(comment)).to.equal(undefined);
    }
  });

  it('turns a registry Degraded before it is gone', () => {
    expect(degradedWith(50, 4.9, '50Gi')).to.deep.include({
      status: 'True',
      reason: 'VolumeAlmostFull',
      message:
        'PostgreSQL: 10 % of its volume is free; when it is full no schema can be registered: raise spec.database.managed.storage.size (50Gi)',
    });
    expect(degradedWith(50, 5, '50Gi')).not.to.include({ reason: 'VolumeAlmostFull' });
  });

  it('counts by what was claimed where the disk is larger, and shared', () => {
    expect(degradedWith(1_000, 5, '50Gi')).not.to.include({ reason: 'VolumeAlmostFull' });
    expect(degradedWith(1_000, 4, '50Gi')).to.include({ reason: 'VolumeAlmostFull' });
  });
});
