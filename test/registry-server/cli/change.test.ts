import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { commandSuite, order, withField } from '../../build/command-suite.ts';

describe('the registry command', function () {
  this.timeout(30_000);
  const { server, run, path, write, register, onTerminal } = commandSuite();

  describe('config and mode', () => {
    afterEach(() => server.ask('DELETE', '/mode'));

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
