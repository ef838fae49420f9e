import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { commandSuite, customer, order, sale, withField } from '../../build/command-suite.ts';

describe('the registry command', function () {
  this.timeout(30_000);
  const { server, run, runHere, path, write, register } = commandSuite();

  describe('publish', () => {
    it('registers a file, and leaves it as it is the next time', async () => {
      write('order.avsc', order);
      const words = ['publish', 'orders=order.avsc', '-o', 'json'];
      const foretold = await run([...words, '--dry-run']);
      expect(JSON.parse(foretold.out)).to.deep.equal([
        { subject: 'orders', file: 'order.avsc', result: 'would be new' },
      ]);
      expect((await server.get('/subjects')).body).to.deep.equal([]);
      const first = await run(words);
      const { id } = (await server.get('/subjects/orders/versions/1')).body;
      expect(JSON.parse(first.out)).to.deep.equal([
        { subject: 'orders', file: 'order.avsc', result: 'published', version: 1, id },
      ]);
      const second = await run(words);
      expect(JSON.parse(second.out)[0]).to.deep.include({ result: 'unchanged', version: 1, id });
    });

    it('registers what others refer to first, with their versions, and checks with the same file', async () => {
      write('schemas/sale.avsc', sale);
      write('schemas/customer.avsc', customer);
      write(
        'registry.yaml',
        'subjects:\n  sales:\n    file: schemas/sale.avsc\n    references:\n      - { name: shop.Customer, subject: customers }\n    metadata: { properties: { owner: shop } }\n  customers: schemas/customer.avsc\n',
      );
      const before = await run(['check']);
      expect([before.code, before.out]).to.deep.equal([
        2,
        '✗ sales (schemas/sale.avsc): unchecked\n    It refers to "customers", of which schemas/customer.avsc is not registered yet; publish that first.\n✓ customers (schemas/customer.avsc): compatible\n2 files, of which 1 not compatible\n',
      ]);
      const { code, out } = await run(['publish', '-o', 'json']);
      expect([code, JSON.parse(out).map((each: { subject: string }) => each.subject)]).to.deep.equal([
        0,
        ['customers', 'sales'],
      ]);
      const { body } = await server.get('/subjects/sales/versions/1');
      expect(body.references).to.deep.equal([{ name: 'shop.Customer', subject: 'customers', version: 1 }]);
      expect(body.metadata.properties).to.deep.equal({ owner: 'shop' });
      expect((await run(['check'])).code).to.equal(0);
      expect((await run(['publish', '--dry-run'])).out).to.match(/unchanged +customers.*\nunchanged +sales/);
    });

    it('stops at what is refused, and says what is left', async () => {
      await register('orders', order);
      write('bad.avsc', withField('amount'));
      write('more.avsc', customer);
      const { code, out, err } = await run(['publish', 'orders=bad.avsc', 'customers=more.avsc']);
      expect([code, (await server.get('/subjects')).body]).to.deep.equal([1, ['orders']]);
      expect(out)
        .to.match(/refused +orders/)
        .and.to.include('incompatible with an earlier schema');
      expect(err).to.include('Not published, as what comes before them was refused: more.avsc');
    });

    for (const [title, files, words, said] of [
      [
        'a file that is not there',
        {},
        ['orders=none.avsc'],
        'none.avsc cannot be read: there is no such file',
      ],
      ['a file that is not text', { 'a.avsc': '\u00ff' }, ['orders=a.avsc'], ''],
      ['a name that says no type', { order: '{}' }, ['orders=order'], 'of which type it is'],
      ['a subject that is not said', { 'a.avsc': '{}' }, ['a.avsc'], 'of which subject a.avsc is'],
      ['no file', {}, [], 'No file is given'],
      ['a subject twice', { 'a.avsc': '{}' }, ['s=a.avsc', 's=a.avsc'], '"s" is given twice'],
      [
        'a field that is none',
        { 'registry.yaml': 'subject: {}' },
        [],
        'registry.yaml: subject is not a field; there are subjects, pull.',
      ],
      [
        'a map that is none',
        { 'registry.yaml': 'subjects: [a]' },
        [],
        'registry.yaml: subjects has to be a map.',
      ],
      ['YAML that is none', { 'registry.yaml': 'subjects: {a: [' }, [], 'registry.yaml is not YAML'],
      [
        'YAML that grows',
        {
          'registry.yaml': `a: &a [x,x,x,x,x,x,x,x,x]\n${['b', 'c', 'd', 'e', 'f'].map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdef'[index]}`).join(',')}]`).join('\n')}`,
        },
        [],
        'registry.yaml is not YAML',
      ],
      [
        'files that refer to each other',
        {
          'a.avsc': '{}',
          'registry.yaml':
            'subjects:\n  a: {file: a.avsc, references: [{name: b, subject: b}]}\n  b: {file: a.avsc, references: [{name: a, subject: a}]}',
        },
        [],
        '"a" refers to "b" refers to "a"',
      ],
      [
        'a reference without a name',
        { 'a.avsc': '{}', 'registry.yaml': 'subjects:\n  a: {file: a.avsc, references: [{subject: b}]}' },
        [],
        'registry.yaml: subjects.a.references[0] has no name.',
      ],
      [
        'a version that is none',
        {
          'a.avsc': '{}',
          'registry.yaml': 'subjects:\n  a: {file: a.avsc, references: [{name: b, subject: b, version: -1}]}',
        },
        [],
        'version has to be a version: a number, or latest.',
      ],
    ] as const)
      it(`says what is wrong with ${title}`, async () => {
        for (const [name, text] of Object.entries(files))
          writeFileSync(path(name), Buffer.from(text, text === '\u00ff' ? 'latin1' : 'utf8'));
        const { code, out, err } = await runHere(['publish', ...words]);
        expect([code, out]).to.deep.equal([2, '']);
        expect(err)
          .to.include(said || 'is not text in UTF-8')
          .and.not.to.match(/\n\s+at /);
      });
  });

  describe('pull and verify', () => {
    const tree = () =>
      Object.fromEntries(
        readdirSync(path('schemas'), { recursive: true, encoding: 'utf8' })
          .filter((name) => statSync(path('schemas', name)).isFile())
          .sort()
          .map((name) => [name, readFileSync(path('schemas', name), 'utf8')]),
      );

    beforeEach(async () => {
      await register('customers', customer);
      await register('sales', sale, {
        references: [{ name: 'shop.Customer', subject: 'customers', version: 1 }],
      });
    });

    it('writes subjects and their references with a lock, the same bytes twice, and needs no registry then', async () => {
      expect((await run(['pull', 'sales'])).code).to.equal(0);
      const first = tree();
      expect(Object.keys(first)).to.deep.equal([
        'references/customers.1.avsc',
        'registry.lock',
        'sales.avsc',
      ]);
      expect(first['sales.avsc']).to.equal(JSON.stringify(sale));
      const lock = JSON.parse(first['registry.lock'] ?? '');
      expect(lock.schemas.map((each: { subject: string }) => each.subject)).to.deep.equal([
        'customers',
        'sales',
      ]);
      expect(lock.schemas[1]).to.include.keys('id', 'guid', 'version', 'sha256', 'references');
      expect((await run(['pull'])).code).to.equal(0);
      expect(tree()).to.deep.equal(first);
      const nowhere = { env: { SCHEMA_REGISTRY_URL: '' } };
      const [verified, frozen] = await Promise.all([
        run(['verify'], nowhere),
        run(['pull', '--frozen'], nowhere),
      ]);
      expect([verified.code, frozen.code]).to.deep.equal([0, 0]);
    });

    it('finds one changed byte, and a file that is missing; --frozen brings back what is missing', async () => {
      await run(['pull', 'sales']);
      write('schemas/sales.avsc', JSON.stringify(sale).replace('Sale', 'Sold'));
      const [verified, frozen] = await Promise.all([run(['verify']), run(['pull', '--frozen'])]);
      for (const each of [verified, frozen])
        expect([each.code, each.out]).to.deep.equal([1, 'changed  schemas/sales.avsc\n']);
      rmSync(path('schemas/sales.avsc'));
      expect((await run(['verify'])).out).to.equal('missing  schemas/sales.avsc\n');
      expect((await run(['pull', '--frozen'])).code).to.equal(0);
      expect((await run(['verify'])).code).to.equal(0);
    });

    it('stays with the lock when it is frozen, goes on when not, and tidies up', async () => {
      await run(['pull', 'sales', 'customers']);
      const before = tree();
      await register('customers', {
        ...customer,
        fields: [...customer.fields, { name: 'age', type: 'int', default: 0 }],
      });
      await run(['pull', '--frozen']);
      expect(tree()).to.deep.equal(before);
      await run(['pull']);
      expect(Object.keys(tree())).to.deep.equal([
        'customers.avsc',
        'references/customers.1.avsc',
        'registry.lock',
        'sales.avsc',
      ]);
      await run(['pull', 'customers@1']);
      expect(Object.keys(tree())).to.deep.equal(['customers.avsc', 'registry.lock']);
      expect(tree()['customers.avsc']).to.equal(JSON.stringify(customer));
    });

    it('writes nothing where a subject is not there, or not any more', async () => {
      await run(['pull', 'sales']);
      const before = tree();
      await server.ask('DELETE', '/subjects/sales');
      const { code, err } = await run(['pull']);
      expect([code, err]).to.deep.equal([2, "Subject 'sales' not found.\n"]);
      expect(tree()).to.deep.equal(before);
    });

    it('names files alike in whatever context they are pulled from', async () => {
      await register(':.staging:customers', customer);
      const references = [{ name: 'shop.Customer', subject: 'customers', version: 1 }];
      await register(':.staging:sales', sale, { references });
      const files = ['references/customers.1.avsc', 'registry.lock', 'sales.avsc'];
      await run(['pull', 'sales', '--context', 'staging']);
      expect(Object.keys(tree())).to.deep.equal(files);
      const named = tree();
      await run(['pull', 'sales', '--url', `${server.url}/contexts/.staging`]);
      expect(tree()).to.deep.equal(named);
      expect((await run(['pull', '--frozen', '--context', 'staging'])).code).to.equal(0);
      await run(['pull', 'sales']);
      expect(Object.keys(tree())).to.deep.equal(files);
    });

    it('refuses another schema under a version of the lock', async () => {
      await run(['pull', 'sales']);
      rmSync(path('schemas/sales.avsc'));
      const lock = readFileSync(path('schemas/registry.lock'), 'utf8');
      write(
        'schemas/registry.lock',
        lock.replace(/(?<="file": "sales.avsc",\s+"sha256": ")[0-9a-f]/, (digit) =>
          digit === '0' ? '1' : '0',
        ),
      );
      const { code, err } = await run(['pull', '--frozen']);
      expect(code).to.equal(2);
      expect(err).to.include('another schema in this registry than in the lock');
    });

    it('never leaves its folder, whatever a subject is called', async () => {
      const names = [
        '../../escaped',
        '..',
        '.',
        '/etc/x',
        'a/b',
        'a\\b',
        '%2e%2e',
        ':.ctx:x',
        'two words',
        'größe',
        '__proto__',
        'con',
        'Orders',
        'orders',
        '-rf',
        `${'x'.repeat(240)}`,
        '~',
        'a\u202eb',
      ];
      for (const name of names) await register(name, order);
      const { code, err } = await run(['pull', '--', ...names]);
      expect([code, err]).to.deep.equal([0, '']);
      expect(readdirSync(path())).to.deep.equal(['schemas']);
      const files = readdirSync(path('schemas'));
      expect(files).to.have.lengthOf(names.length + 1);
      expect(new Set(files.map((file) => file.toLowerCase())).size).to.equal(names.length + 1);
      for (const file of files) expect(file).to.match(/^(?![.-])(?!con\.)[A-Za-z0-9_.%~-]{1,230}$/);
      expect(files).to.include('a%2Fb.avsc').and.to.include('%2E.%2F..%2Fescaped.avsc');
      expect((await run(['verify'])).code).to.equal(0);
    });

    it('follows no link and no lock out of its folder', async () => {
      mkdirSync(path('elsewhere'));
      mkdirSync(path('schemas'));
      symlinkSync(path('elsewhere'), path('schemas', 'references'));
      const linked = await run(['pull', 'sales']);
      expect(linked.code).to.equal(2);
      expect(linked.err).to.include('is a link that leads out of schemas');
      expect(readdirSync(path('elsewhere'))).to.deep.equal([]);
      rmSync(path('schemas'), { recursive: true });
      await run(['pull', 'sales']);
      const lock = readFileSync(path('schemas/registry.lock'), 'utf8');
      write('schemas/registry.lock', lock.replace('"sales.avsc"', '"../sales.avsc"'));
      const { code, err } = await run(['pull']);
      expect(code).to.equal(2);
      expect(err).to.include('is not what `registry pull` writes');
    });
  });
});
