import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { connectionFrom } from '../../../registry-server/cli/connection.ts';
import { openRegistry, type RegistryClient } from '../../../registry-server/cli/registry-client.ts';
import { aCommand, type Command, commandFile } from '../../build/command.ts';
import { startServer, type TestServer } from '../../build/server.ts';

const order = { type: 'record', name: 'Order', namespace: 'shop', fields: [{ name: 'id', type: 'string' }] };
const withField = (name: string, rest: object = {}) => ({
  ...order,
  fields: [...order.fields, { name, type: 'int', ...rest }],
});
const customer = {
  type: 'record',
  name: 'Customer',
  namespace: 'shop',
  fields: [{ name: 'name', type: 'string' }],
};
const sale = {
  type: 'record',
  name: 'Sale',
  namespace: 'shop',
  fields: [{ name: 'by', type: 'Customer' }],
};

async function removeAllSubjects(registry: RegistryClient): Promise<void> {
  // Those that others refer to are left the first time.
  for (const _ of [1, 2, 3]) {
    const subjects = await registry.ask<string[]>('GET', ['subjects'], { query: { deleted: true } });
    for (const subject of subjects)
      for (const permanent of [false, true])
        await registry.ask('DELETE', ['subjects', subject], { query: { permanent } }).catch(() => {});
  }
}

describe('the registry command', function () {
  this.timeout(30_000);
  let server: TestServer;
  /** By the command's own client: that of the platform takes ".." for a step up. */
  let registry: RegistryClient;
  let command: Command;
  const run: Command['run'] = (args, more) => command.run(args, more);
  const path = (...names: string[]) => join(command.folder, ...names);
  const write = (name: string, content: unknown) => {
    mkdirSync(join(path(name), '..'), { recursive: true });
    writeFileSync(path(name), typeof content === 'string' ? content : JSON.stringify(content));
  };
  const register = (subject: string, schema: unknown, more: object = {}) =>
    registry.ask<{ id: number; version: number; guid: string }>('POST', ['subjects', subject, 'versions'], {
      body: { schema: typeof schema === 'string' ? schema : JSON.stringify(schema), ...more },
    });

  before(async () => {
    server = await startServer();
    await server.ready;
    registry = openRegistry(connectionFrom({ url: server.url }, {}, new Map()));
  });
  after(() => server.stop());
  /** What is seen on a terminal where the answer is typed after the question. */
  async function onTerminal(words: string, question: RegExp, answer: string): Promise<string> {
    // Debian's own way to give a program a terminal.
    const child = spawn('script', ['-qec', `'${process.execPath}' '${commandFile}' ${words}`, '/dev/null'], {
      cwd: command.folder,
      env: {
        PATH: process.env.PATH,
        SCHEMA_REGISTRY_URL: server.url,
        XDG_CONFIG_HOME: command.folder,
        TERM: 'xterm',
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let out = '';
    let isAnswered = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      if (isAnswered || !question.test(out)) return;
      isAnswered = true;
      child.stdin.write(`${answer}\r`);
    });
    await once(child, 'close');
    return out;
  }

  beforeEach(() => {
    command = aCommand({ SCHEMA_REGISTRY_URL: server.url });
  });
  afterEach(async () => {
    command.remove();
    await removeAllSubjects(registry);
  });

  describe('get', () => {
    it('shows a schema by subject and version, by id, and by guid', async () => {
      const { id, guid } = await register('orders', order);
      await register('orders', withField('amount', { default: 0 }));
      const replies = await Promise.all(
        [
          ['orders', '1'],
          ['--id', `${id}`],
          ['--guid', guid],
        ].map((words) => run(['get', ...words, '--raw'])),
      );
      for (const { code, out } of replies) expect([code, out]).to.deep.equal([0, JSON.stringify(order)]);
      const latest = await run(['get', 'orders']);
      expect(latest.out)
        .to.match(/^subject {2}orders\nversion {2}2\nid {7}\d+\n/)
        .and.to.include('"name": "amount"');
    });

    it('keeps the order of keys and the digits of numbers for people, and all for programs', async () => {
      const text =
        '{"type":"object","properties":{"2":{"maximum":1.50},"1":{"maximum":12345678901234567890}}}';
      await register('numbers', text, { schemaType: 'JSON' });
      const [people, json, yaml] = await Promise.all([
        run(['get', 'numbers']),
        run(['get', 'numbers', '-o', 'json']),
        run(['get', 'numbers', '-o', 'yaml']),
      ]);
      const [, shown = ''] = people.out.split('\n\n');
      expect(shown.replace(/\s/g, '')).to.equal(text);
      expect(JSON.parse(json.out)).to.deep.include({ subject: 'numbers', version: 1, schema: text });
      expect(parse(yaml.out)).to.deep.equal(JSON.parse(json.out));
    });

    it('brings all that a schema refers to', async () => {
      await register('customers', customer);
      const references = [{ name: 'shop.Customer', subject: 'customers', version: 1 }];
      await register('sales', sale, { references });
      const { out } = await run(['get', 'sales', '--references', '-o', 'json']);
      expect(JSON.parse(out).referenced).to.have.lengthOf(1);
      expect(JSON.parse(out).referenced[0]).to.deep.include({ subject: 'customers', version: 1 });
      const resolved = await run(['get', 'sales', '--format', 'resolved', '--raw']);
      expect(resolved.out).to.include('"name":"Customer"');
    });

    for (const [title, words, said] of [
      ['a subject that is not there', ['nowhere'], "Subject 'nowhere' not found."],
      ['a version that is none', ['orders', '0'], '"0" is not a version'],
      ['an id that is none', ['--id', '../subjects'], 'is not an id'],
      ['an id that is not there', ['--id', '999999'], 'Schema 999999 not found'],
      ['nothing', [], 'a subject, --id or --guid'],
      ['too much', ['orders', '--id', '1'], 'a subject, --id or --guid'],
    ] as const)
      it(`says what is wrong with ${title}, and ends with 2`, async () => {
        const { code, out, err } = await command.runHere(['get', ...words]);
        expect([code, out]).to.deep.equal([2, '']);
        expect(err)
          .to.include(said)
          .and.not.to.match(/\n\s+at /);
      });
  });

  describe('list', () => {
    it('has subjects, versions and contexts, plain or with all there is of them', async () => {
      await register('orders', order);
      await register('orders', withField('amount', { default: 0 }));
      await register(':.staging:orders', order);
      await register('gone', order);
      await server.ask('DELETE', '/subjects/gone');
      const out = async (...words: string[]) => (await run(['list', ...words])).out;
      const [subjects, versions, contexts, inContext, deleted, long, json, limited] = await Promise.all([
        out(),
        out('orders'),
        out('--contexts'),
        out('--context', 'staging'),
        out('--deleted', '--prefix', 'g'),
        out('--long'),
        out('orders', '--long', '-o', 'json'),
        out('--limit', '1'),
      ]);
      expect(subjects).to.equal(':.staging:orders\norders\n');
      expect(versions).to.equal('1\n2\n');
      expect(contexts).to.match(/^\.\n(.*\n)*\.staging\n$/);
      expect(inContext).to.equal(':.staging:orders\n');
      expect(deleted).to.equal('gone\n');
      expect(long).to.match(
        /^SUBJECT +VERSION +ID +TYPE\n:\.staging:orders +1 +\d+ +AVRO\norders +2 +\d+ +AVRO\n$/,
      );
      expect(JSON.parse(json).map((each: { version: number }) => each.version)).to.deep.equal([1, 2]);
      expect(JSON.parse(json)[0]).to.include.keys('id', 'guid').and.not.to.include.keys('schema');
      expect(await out('--context', '.')).to.equal('orders\n');
      const main = await run(['list', '--long', '--context', '.']);
      expect(main.out).to.match(/^SUBJECT.*\norders.*\n$/);
      const [named, byUrl] = await Promise.all([
        run(['list', '--long', '--context', 'staging']),
        run(['list', '--long', '--url', `${server.url}/contexts/.staging`]),
      ]);
      expect(named.out).to.match(/^SUBJECT.*\n:\.staging:orders.*\n$/);
      expect(byUrl.out).to.equal(named.out);
      expect(limited.trim().split('\n')).to.have.lengthOf(1);
    });

    it('ends quietly when nobody reads on', async () => {
      await register('orders', order);
      const child = spawn(
        'sh',
        ['-c', `"${process.execPath}" "${commandFile}" list --long | head -c 1 > /dev/null`],
        {
          env: { PATH: process.env.PATH, SCHEMA_REGISTRY_URL: server.url, XDG_CONFIG_HOME: command.folder },
          stdio: ['ignore', 'ignore', 'pipe'],
        },
      );
      let err = '';
      child.stderr.on('data', (chunk) => {
        err += chunk;
      });
      const [code] = await once(child, 'close');
      expect([code, err]).to.deep.equal([0, '']);
    });
  });

  describe('diff', () => {
    it('compares two versions, and a file with one, and says what is broken', async () => {
      await register('orders', order);
      await register('orders', withField('amount', { default: 0 }));
      write('next.avsc', withField('count'));
      const [versions, file, same, coded] = await Promise.all([
        run(['diff', 'orders', '1']),
        run(['diff', 'orders', '1', '--file', 'next.avsc']),
        run(['diff', 'orders', '2', '2', '--exit-code']),
        run(['diff', 'orders', '1', '2', '--exit-code']),
      ]);
      expect(versions.out).to.match(
        /^--- orders version 1\n\+\+\+ orders? ?version 2|^--- orders version 1\n\+\+\+ version 2/,
      );
      expect(versions.out).to.include('+      "name": "amount",').and.to.include('\ncompatible (BACKWARD)\n');
      expect(file.out)
        .to.include('incompatible (BACKWARD)')
        .and.to.include('READER_FIELD_MISSING_DEFAULT_VALUE');
      expect([versions.code, file.code, same.code, coded.code]).to.deep.equal([0, 0, 0, 1]);
      expect(same.out).to.include('No difference.');
    });
  });

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
        const { code, out, err } = await command.runHere(['publish', ...words]);
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
      expect(readdirSync(command.folder)).to.deep.equal(['schemas']);
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

  describe('config and mode', () => {
    afterEach(() => registry.ask('DELETE', ['mode']));

    it('are shown, set and unset, of all and of a subject', async () => {
      await register('orders', order);
      const json = async (...words: string[]) => JSON.parse((await run([...words, '-o', 'json'])).out);
      expect(await json('config', 'get', 'orders')).to.deep.include({ compatibilityLevel: 'BACKWARD' });
      await run(['config', 'set', 'orders', '--compatibility', 'FULL', '--normalize', 'true']);
      expect(await json('config', 'get', 'orders', '--own')).to.deep.include({
        compatibilityLevel: 'FULL',
        normalize: true,
      });
      await run(['config', 'delete', 'orders']);
      expect((await run(['config', 'get', 'orders', '--own'])).err).to.include(
        'does not have subject-level compatibility',
      );
      await run(['mode', 'set', 'readonly']);
      expect(await json('mode', 'get', 'orders')).to.deep.equal({ mode: 'READONLY' });
      write('order.avsc', withField('amount', { default: 0 }));
      const refused = await run(['publish', 'orders=order.avsc']);
      expect([refused.code, refused.err]).to.deep.equal([
        2,
        'Subject orders in context . is in read-only mode\n',
      ]);
      await run(['mode', 'delete']);
      expect(await json('mode', 'get')).to.deep.equal({ mode: 'READWRITE' });
      const wrong = await run(['config', 'set', '--compatibility', 'SIDEWAYS']);
      expect(wrong.code).to.equal(2);
      expect(wrong.err).to.include('Allowed choices are NONE, BACKWARD');
    });

    it('are those of a context', async () => {
      await run(['config', 'set', '--compatibility', 'NONE', '--context', 'staging']);
      expect((await server.get('/config/:.staging:')).body).to.deep.include({ compatibilityLevel: 'NONE' });
      expect((await server.get('/config')).body).to.deep.include({ compatibilityLevel: 'BACKWARD' });
    });
  });

  describe('delete', () => {
    it('wants to be sure, hides, and removes for good', async () => {
      const { id } = await register('orders', order);
      await register('orders', withField('amount', { default: 0 }));
      const unsure = await run(['delete', 'orders']);
      expect(unsure.code).to.equal(2);
      expect(unsure.err).to.include('--yes');
      expect((await run(['delete', 'orders', '--version', '1', '--yes'])).out).to.equal(
        'orders: version 1 deleted\n',
      );
      expect((await run(['get', '--id', `${id}`, '--raw'])).out).to.equal(JSON.stringify(order));
      expect((await run(['delete', 'orders', '--permanent', '--yes'])).out).to.equal(
        'orders: versions 1, 2 deleted for good\n',
      );
      expect((await server.get('/subjects?deleted=true')).body).to.deep.equal([]);
      const gone = await run(['delete', 'orders', '--yes']);
      expect([gone.code, gone.err]).to.deep.equal([2, "Subject 'orders' not found.\n"]);
    });

    it('asks on a terminal', async () => {
      await register('orders', order);
      const asked = (answer: string) => onTerminal('delete orders', /\(y\/N\) $/, answer);
      expect(await asked('n'))
        .to.include(`Delete all versions of orders at ${server.url}? (y/N)`)
        .and.to.include('Nothing was deleted.');
      expect((await server.get('/subjects')).body).to.deep.equal(['orders']);
      expect(await asked('y')).to.include('orders: version 1 deleted');
      expect((await server.get('/subjects')).body).to.deep.equal([]);
    });
  });

  it('does not show the password that is typed on a terminal', async () => {
    const out = await onTerminal('login --user ada --no-check', /Password: $/, 'hunter2');
    expect(out).to.include('is kept as the profile "default"').and.not.to.include('hunter2');
    const profiles = readFileSync(path('llm-schema-registry', 'profiles.json'), 'utf8');
    expect(JSON.parse(profiles).profiles.default).to.include({ user: 'ada', password: 'hunter2' });
  });

  it('works on names that are anything, in any context', async () => {
    const names = ['a/b', ':.ctx:x', '100%25', 'größe 🙂 &', '__proto__', '..', '?q=1#h'];
    write('order.avsc', order);
    const outcomes = await Promise.all(
      names.map(async (name) => {
        const { code, err } = await run(['publish', '--subject', name, 'order.avsc']);
        const { out } = await run(['get', name, '-o', 'json']);
        return [code, err, JSON.parse(out).subject];
      }),
    );
    expect(outcomes).to.deep.equal(names.map((name) => [0, '', name]));
    expect((await server.get('/subjects')).body).to.have.members(names);
  });

  it('obeys nothing that a name or a schema says to a terminal', async () => {
    await register('orders', '{"type":"object","title":"\\u001b[31mred","description":"\u202eleft"}', {
      schemaType: 'JSON',
    });
    const { out } = await run(['get', 'orders']);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(out).not.to.match(/[\u001b\u202e]/);
    expect(out).to.include('\\u202eleft');
  });
});
