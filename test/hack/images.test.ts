import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { withLock } from '../../hack/cluster/lock.ts';
import { run } from '../../hack/cluster/run.ts';
import { dependenciesIn } from '../../hack/images/debian.ts';
import { importedPackages } from '../../hack/images/imported-packages.ts';
import { keptPackages } from '../../hack/images/kept-packages.ts';
import { isLicence, licenceIn, licenceText } from '../../hack/images/licences.ts';
import { packImage } from '../../hack/images/pack.ts';
import { programs } from '../../hack/images/table.ts';
import { withoutSymbols } from '../../hack/images/without-symbols.ts';

/** The files that `import` and `require` of a package lead to in Node, but for patterns. */
function waysInto({ main = 'index.js', exports }: { main?: string; exports?: unknown }): readonly string[] {
  const targets = (node: unknown): readonly string[] => {
    if (typeof node === 'string') return node.includes('*') ? [] : [node];
    if (Array.isArray(node)) return node.slice(0, 1).flatMap(targets);
    if (node === null || typeof node !== 'object') return [];
    const found: string[] = [];
    for (const way of ['import', 'require']) {
      const taken = Object.entries(node).find(([key]) => ['node', way, 'default'].includes(key));
      if (taken !== undefined) found.push(...targets(taken[1]));
    }
    for (const [key, value] of Object.entries(node)) if (key.startsWith('.')) found.push(...targets(value));
    return found;
  };
  return [...new Set(exports === undefined ? [main] : targets(exports))];
}

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

const root = join(import.meta.dirname, '..', '..');

describe('the Node.js of the images', () => {
  it('is the one of npm without what only a debugger reads, and runs', async function () {
    this.timeout(60_000);
    const folder = mkdtempSync(join(tmpdir(), 'node-'));
    try {
      const node = join(folder, 'node');
      const whole = readFileSync(realpathSync(process.execPath));
      writeFileSync(node, withoutSymbols(whole), { mode: 0o755 });
      expect(statSync(node).size).to.be.below(whole.length);
      const program =
        "import('node:crypto').then(({ hash }) => console.log(process.version, hash('sha256', '')))";
      expect(await run(node, ['--eval', program])).to.equal(await run(process.execPath, ['--eval', program]));
      // There is nothing left to take.
      expect(withoutSymbols(readFileSync(node)).equals(readFileSync(node))).to.equal(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is no script, and nothing for 32 bits', () => {
    for (const bytes of ['#!/bin/sh\n', '\x7fELF\x01\x01', ''])
      expect(() => withoutSymbols(Buffer.from(bytes, 'latin1'))).to.throw('no ELF program for 64 bits');
  });
});

describe('licences and notices', () => {
  for (const path of [
    'LICENSE',
    'LICENSE.md',
    'LICENCE.md',
    'license',
    'License.txt',
    'license.md',
    'LICENSES',
    'COPYING',
    'COPYING.LESSER',
    'NOTICE',
    'NOTICE.md',
    'notice.txt',
    'LICENSE-MIT',
    'LICENSE-APACHE.md',
    'LICENSE.BSD',
    'ROME-LICENSE-MIT',
    'MIT-LICENSE.md',
    'mit.license.md',
    'UNLICENSE',
    'CopyrightNotice.txt',
    'COPYRIGHT',
    'PATENTS',
    'AUTHORS.md',
    'THIRD-PARTY-NOTICES.md',
    'ThirdPartyNotices.md',
    'third_party_licenses.md',
    'node_modules/x/LICENSES/MIT.md',
    'node_modules/x/vendor/y/LICENSE.markdown',
  ]) {
    it(`are kept: ${path}`, () => expect(isLicence(path)).to.equal(true));
  }
  for (const path of [
    'README.md',
    'license.js',
    'notice.d.ts',
    'licenses/list.js',
    'CHANGELOG.md',
    'copy.md',
    'LICENSE.map',
  ]) {
    it(`are not: ${path}`, () => expect(isLicence(path)).to.equal(false));
  }

  it('are found in a README, from their heading on', () => {
    const terms = 'Permission is hereby granted, free of charge';
    expect(licenceIn(`# x\n\nUse it.\n\n## License\n\n(c) me. ${terms}\n`)).to.equal(
      `## License\n\n(c) me. ${terms}\n`,
    );
    expect(licenceIn(`x\n=\n${terms}`)).to.equal(`x\n=\n${terms}`);
    expect(licenceIn('# x\n\n## License\n\nMIT\n')).to.equal(undefined);
  });

  it('are written for a package that names its licence only, and nobody guesses others', () => {
    expect(licenceText({ name: 'x', license: 'MIT', author: { name: 'A. Author' } }, '')).to.include(
      '(c) A. Author',
    );
    expect(licenceText({ name: 'x', license: 'Apache-2.0' }, 'the terms')).to.match(/the terms$/);
    expect(licenceText({ name: 'x', license: 'GPL-3.0' }, '')).to.equal(undefined);
  });

  for (const program of ['operator', 'registry-server']) {
    describe(`in the image of ${program}`, function () {
      this.timeout(120_000);
      let folder: string;
      before(async () => {
        folder = mkdtempSync(join(tmpdir(), 'licences-'));
        // As `npm ci --omit=dev` has them. As links, where it can be: what the script removes are names, and what it writes is new.
        const { packages: locked } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
        const installed = Object.keys(locked).filter(
          (path) =>
            /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) &&
            !locked[path].dev &&
            existsSync(join(root, path)),
        );
        const copy = (flags: string) => run('cp', [flags, '--parents', ...installed, folder], { cwd: root });
        await copy('-al').catch(() => copy('-a'));
        const dockerfile = `Dockerfile.${program === 'operator' ? 'operator' : 'server'}`;
        const inputs = programs('test').find((image) => image.dockerfile === dockerfile)?.inputs ?? [];
        const sources = inputs.filter((path) => /^(operator|registry-server)(\/|$)/.test(path));
        for (const path of [...sources, 'LICENSE', 'package.json'])
          cpSync(join(root, path), join(folder, path), { recursive: true });
        mkdirSync(join(folder, 'hack'));
        symlinkSync(join(root, 'hack', 'images'), join(folder, 'hack', 'images'));
        const script = join(folder, 'hack', 'images', 'keep-what-is-imported.ts');
        await run(process.execPath, ['--preserve-symlinks-main', script, program], { cwd: folder });
      });
      after(() => rmSync(folder, { recursive: true, force: true }));

      const packages = () =>
        readdirSync(join(folder, 'node_modules'), { recursive: true, encoding: 'utf8' })
          .filter((path) => /(^|\/node_modules\/)(@[^/]+\/)?[^/]+\/package\.json$/.test(path))
          .map((path) => join(folder, 'node_modules', path, '..'));

      it('each package has its text', () => {
        const all = packages();
        expect(all.length).to.be.greaterThan(50);
        const without = all.filter((one) => !readdirSync(one).some((file) => isLicence(file)));
        expect(without).to.deep.equal([]);
      });

      it('each way in that Node takes into a package leads somewhere', () => {
        const isCode = (path: string) => /\.(js|mjs|cjs|json|node)$/.test(path);
        const missing = packages().flatMap((one) => {
          // It is imported, never required, and comes in both forms.
          if (one.endsWith('@electric-sql/pglite')) return [];
          const source = join(root, one.slice(folder.length));
          const waysIn = waysInto(JSON.parse(readFileSync(join(one, 'package.json'), 'utf8')));
          return waysIn.filter(
            (path) => isCode(path) && existsSync(join(source, path)) && !existsSync(join(one, path)),
          );
        });
        expect(missing).to.deep.equal([]);
      });

      it('every file of the program loads, and nothing is kept that Node cannot load', async () => {
        const files = readdirSync(join(folder, program), { recursive: true, encoding: 'utf8' });
        const imports = files
          .filter((path) => path.endsWith('.ts') && !/(^|\/)(main|schema-thread|worker)\.ts$/.test(path))
          .map((path) => `await import('./${program}/${path}');`);
        await run(process.execPath, ['--input-type=module', '--eval', imports.join('\n')], { cwd: folder });
        const left = readdirSync(join(folder, 'node_modules'), { recursive: true, encoding: 'utf8' });
        expect(left.filter((path) => /\.[cm]?ts$|(^|\/)dist-es$/.test(path))).to.deep.equal([]);
      });

      it('nothing is missing that a package came with', () => {
        for (const one of packages()) {
          const source = join(root, one.slice(folder.length));
          for (const file of readdirSync(source)) {
            if (!isLicence(file) || statSync(join(source, file)).isDirectory()) continue;
            expect(existsSync(join(one, file)), join(one, file)).to.equal(true);
          }
        }
      });

      it('there is the own one', () => {
        const file = readFileSync(
          join(root, `Dockerfile.${program === 'operator' ? 'operator' : 'server'}`),
          'utf8',
        );
        const [dependencies = '', ...images] = file.split(/^FROM \$\{RUNTIME_IMAGE\}(?: AS .*)?$/m);
        const image = images.at(-1) ?? '';
        expect(dependencies).to.match(/^WORKDIR \/app$[\s\S]*^COPY LICENSE \.\/$/m);
        expect(dependencies).not.to.match(/rm .*LICENSE/);
        expect(image).to.match(/^COPY --from=program .*\/app \/app$/m);
        expect(readFileSync(join(root, '.dockerignore'), 'utf8').split('\n')).to.include('!LICENSE');
      });
    });
  }
});

describe('Dockerfile.server', () => {
  /** What stands in each stage, by its name. */
  const stages = new Map(
    readFileSync(join(import.meta.dirname, '..', '..', 'Dockerfile.server'), 'utf8')
      .split(/^FROM /m)
      .slice(1)
      .map((text) => [/^\S+ AS (\S+)/.exec(text)?.[1], text] as const),
  );

  it('makes the server where no target is named: it comes last', () => {
    expect([...stages.keys()].at(-1)).to.equal('runtime-server');
    expect(stages.get('runtime-server')).to.match(
      /^ENTRYPOINT \[.*"\/app\/registry-server\/main\.ts"\]\nCMD \["serve"\]$/m,
    );
  });

  it('makes the command as runtime-cli, which says how it is used', () =>
    expect(stages.get('runtime-cli')).to.match(
      /^ENTRYPOINT \["node", "\/app\/registry-server\/cli\/main\.ts"\]\nCMD \["--help"\]$/m,
    ));

  it('takes into both from one stage of their own alone, and no command into the server', () => {
    const sources = (name: string) =>
      new Set([...(stages.get(name) ?? '').matchAll(/^COPY --from=(\S+)/gm)].map(([, from]) => from));
    expect([...sources('runtime-server')]).to.deep.equal(['program']);
    expect([...sources('runtime-cli')]).to.deep.equal(['command']);
    expect(stages.get('program')).to.include('RUN rm -r registry-server/cli\n');
    const left = 'registry-server/cli';
    const root = join(import.meta.dirname, '..', '..');
    expect([...keptPackages('registry-server', root, left)]).not.to.include('node_modules/commander');
    expect([...keptPackages(left, root)]).to.have.members(['node_modules/commander', 'node_modules/yaml']);
  });
});
