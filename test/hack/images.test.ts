import { mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { withLock } from '../../hack/cluster/lock.ts';
import { run } from '../../hack/cluster/run.ts';
import { dependenciesIn } from '../../hack/images/debian.ts';
import { importedPackages } from '../../hack/images/imported-packages.ts';
import { packImage } from '../../hack/images/pack.ts';

describe('the packages that a program imports', () => {
  for (const { title, source, packages } of [
    { title: 'takes the package of a path', source: "import x from 'pg/lib/client';", packages: ['pg'] },
    { title: 'keeps a scope', source: "import { a } from '@koa/router/x';", packages: ['@koa/router'] },
    { title: 'leaves types out', source: "import type { Pool } from 'pg';", packages: [] },
    {
      title: 'leaves own files and Node out',
      source: "import a from './a.ts';\nimport 'node:fs';\nimport 'fs';",
      packages: [],
    },
    {
      title: 'reads imports over several lines',
      source: "import {\n  a,\n  type B,\n} from 'koa';",
      packages: ['koa'],
    },
    { title: 'sees what is passed on', source: "export { a } from 'yaml';", packages: ['yaml'] },
    { title: 'sees what is loaded late', source: "const x = await import('avsc');", packages: ['avsc'] },
  ]) {
    it(title, () => expect(importedPackages(source)).to.deep.equal(packages));
  }
});

describe('dependencies of Debian packages', () => {
  it('takes the first of each set of alternatives and no virtual package', () => {
    const text = [
      'postgresql-15',
      ' |Depends: locales',
      '  Depends: locales-all',
      '  Depends: libc6',
      '  Depends: <debconf-2.0>',
      '    cdebconf',
      'redis',
      '  PreDepends: dpkg',
    ].join('\n');
    expect([...dependenciesIn(text)]).to.deep.equal([
      ['postgresql-15', ['locales', 'libc6']],
      ['redis', ['dpkg']],
    ]);
  });
});

describe('packing an image', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pack-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const indexOf = (archive: string) => run('tar', ['-xOf', archive, 'index.json']);
  const pack = async (file: string) => {
    const files = mkdtempSync(join(folder, 'files-'));
    writeFileSync(join(files, 'hello'), 'hello');
    utimesSync(join(files, 'hello'), Math.random() * 1e9, Math.random() * 1e9);
    const archive = join(folder, file);
    await packImage({
      name: 'localhost/test:1',
      archive,
      layers: [files],
      config: { Entrypoint: ['/hello'] },
    });
    return archive;
  };

  it('gives the same digest for the same files', async () => {
    const [first, second] = [await pack('first.tar'), await pack('second.tar')];
    expect(await indexOf(first)).to.equal(await indexOf(second));
    expect(await indexOf(first)).to.contain('"io.containerd.image.name":"localhost/test:1"');
  });

  it('leaves nothing unfinished beside the archive', async () => {
    await pack('only.tar');
    const left = (await run('ls', ['-A', folder])).split('\n').filter((file) => file.startsWith('.new'));
    expect(left).to.deep.equal([]);
  });
});

describe('a lock', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lock-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('lets one in at a time, and tells the other for whom it waits', async () => {
    const file = join(folder, 'lock');
    const events: string[] = [];
    const onWait = (pid: number) => events.push(`waits for ${pid === process.pid ? 'this process' : pid}`);
    let finish = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const first = withLock(file, { timeoutMs: 5_000, onWait }, async () => {
      events.push('first in');
      await finished;
      events.push('first out');
    });
    const second = withLock(file, { timeoutMs: 5_000, onWait }, async () => events.push('second in'));
    finish();
    await Promise.all([first, second]);
    expect(events).to.include('waits for this process');
    expect(events.filter((event) => !event.startsWith('waits'))).to.deep.equal([
      'first in',
      'first out',
      'second in',
    ]);
  });

  it('is free when its holder was killed', async () => {
    const file = join(folder, 'lock');
    writeFileSync(file, JSON.stringify({ pid: process.pid, begun: 'another boot/1' }));
    await withLock(file, { timeoutMs: 5_000, onWait: () => undefined }, async () => {
      expect(statSync(file).size).to.be.above(0);
    });
  });
});
