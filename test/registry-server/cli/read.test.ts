import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { parse } from 'yaml';
import { commandFile } from '../../build/command.ts';
import { commandSuite, customer, order, sale, withField } from '../../build/command-suite.ts';

describe('the registry command', function () {
  this.timeout(30_000);
  const { server, run, runHere, path, write, register } = commandSuite();

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
        const { code, out, err } = await runHere(['get', ...words]);
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
          env: { PATH: process.env.PATH, SCHEMA_REGISTRY_URL: server.url, XDG_CONFIG_HOME: path() },
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
});
