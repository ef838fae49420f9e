import { expect } from 'chai';
import { anAvroRecord } from '../../build/schema.ts';
import type { Reply } from '../../build/server.ts';
import { suiteServer } from '../../build/suite-server.ts';

describe('config and mode over HTTP', () => {
  const server = suiteServer({ DEFAULT_COMPATIBILITY: 'FULL' });
  let count = 0;
  let s: string;

  beforeEach(() => {
    count += 1;
    s = `subject-${count}`;
  });
  afterEach(async () => {
    await server.ask('DELETE', '/mode');
    await server.ask('DELETE', '/config');
  });

  const code = async (reply: Promise<Reply>) => (await reply).body.error_code;
  const put = (path: string, body: unknown) => server.ask('PUT', path, body);
  const register = (schema: string) => server.ask('POST', `/subjects/${s}/versions`, { schema });

  describe('config', () => {
    it('starts with the level of the server', async () => {
      expect((await server.get('/config')).body).to.deep.equal({ compatibilityLevel: 'FULL' });
    });

    it('echoes what is stored in the words of the request, and shows it in those of the answer', async () => {
      expect((await put('/config', { compatibility: 'forward', other: 1 })).body).to.deep.equal({
        compatibility: 'FORWARD',
      });
      expect((await server.get('/config/')).body).to.deep.equal({ compatibilityLevel: 'FORWARD' });
      expect((await server.ask('DELETE', '/config')).body).to.deep.equal({ compatibilityLevel: 'FORWARD' });
      expect((await server.get('/config')).body).to.deep.equal({ compatibilityLevel: 'FULL' });
    });

    it('of a subject exists on its own, and falls back only when asked', async () => {
      expect(await code(server.get(`/config/${s}`))).to.equal(40408);
      expect((await server.get(`/config/${s}?defaultToGlobal=true`)).body.compatibilityLevel).to.equal(
        'FULL',
      );
      expect((await put(`/config/${s}`, { compatibility: 'NONE' })).status).to.equal(200);
      expect((await server.get(`/config/${s}`)).body).to.deep.equal({ compatibilityLevel: 'NONE' });
      expect((await server.ask('DELETE', `/config/${s}`)).body).to.deep.equal({ compatibilityLevel: 'NONE' });
      expect(await code(server.ask('DELETE', `/config/${s}`))).to.equal(40401);
    });

    it('merges field by field; null clears', async () => {
      await put(`/config/${s}`, { compatibility: 'NONE' });
      expect((await put(`/config/${s}`, { normalize: true })).body).to.deep.equal({
        compatibility: 'NONE',
        normalize: true,
      });
      expect((await put(`/config/${s}`, { compatibility: null })).body).to.deep.equal({ normalize: true });
      expect((await server.get(`/config/${s}`)).body).to.deep.equal({
        compatibilityLevel: 'FULL',
        normalize: true,
      });
    });

    it('takes an empty text for none, and shows none', async () => {
      for (const path of [`/config/${s}`, '/config', '/config/:.context:']) {
        for (const field of ['alias', 'aliasForDeks', 'compatibilityGroup']) {
          const { status, body } = await put(path, { [field]: '', normalize: true });
          expect([status, body], `${path} ${field}`).to.deep.equal([200, { [field]: '', normalize: true }]);
          for (const query of ['', '?defaultToGlobal=true']) {
            expect((await server.get(path + query)).body).to.deep.equal({
              compatibilityLevel: 'FULL',
              normalize: true,
            });
          }
          expect((await server.ask('DELETE', path)).body).to.deep.equal({
            compatibilityLevel: 'FULL',
            normalize: true,
          });
        }
      }
    });

    it('hides with an empty group the one that is set above', async () => {
      const group = (major: string) => ({ metadata: { properties: { major } } });
      const registerIn = async (major: string, schema: string) =>
        (await server.ask('POST', `/subjects/${s}/versions`, { schema, ...group(major) })).body.error_code;
      await put('/config', { compatibilityGroup: 'major' });
      expect(await registerIn('1', '"int"')).to.equal(undefined);
      await put(`/config/${s}`, { compatibilityGroup: '', compatibility: 'BACKWARD' });
      expect(await registerIn('2', '"string"')).to.equal(40901);
      await put(`/config/${s}`, { compatibilityGroup: null });
      expect(await registerIn('2', '"string"')).to.equal(undefined);
    });

    it('stands for itself where its alias is empty', async () => {
      await register('"int"');
      await put(`/config/${s}`, { alias: '' });
      expect((await server.get(`/subjects/${s}/versions/latest`)).body).to.include({
        subject: s,
        schema: '"int"',
      });
      const [listed] = (await server.get(`/schemas?aliases=true&subjectPrefix=${s}`)).body;
      expect(listed).to.include({ subject: s }).and.not.to.have.property('aliases');
    });

    it('refuses levels that are none', async () => {
      for (const compatibility of ['SIDEWAYS', '', 3, '__proto__']) {
        expect(await code(put('/config', { compatibility }))).to.equal(42203);
      }
      expect(await code(put('/config/__GLOBAL', { compatibility: 'NONE' }))).to.equal(42208);
    });

    it('decides at once what may be registered', async () => {
      await register('"int"');
      expect(await code(register('"string"'))).to.equal(40901);
      await put(`/config/${s}`, { compatibility: 'NONE' });
      expect((await register('"string"')).status).to.equal(200);
      await server.ask('DELETE', `/config/${s}`);
      expect(await code(register('"int"'))).to.equal(undefined);
      expect(await code(register('"boolean"'))).to.equal(40901);
    });

    it('of a context is that of its subjects, and not of other contexts', async () => {
      await put('/config', { compatibility: 'NONE' });
      const level = async (subject: string) =>
        (await server.get(`/config/${encodeURIComponent(subject)}?defaultToGlobal=true`)).body
          .compatibilityLevel;
      expect(await level(s)).to.equal('NONE');
      expect(await level(`:.other:${s}`)).to.equal('FULL');
      await put(`/config/${encodeURIComponent(':.other:')}`, { compatibility: 'FORWARD' });
      expect(await level(`:.other:${s}`)).to.equal('FORWARD');
      await put(`/config/${encodeURIComponent(':.__GLOBAL:')}`, { compatibility: 'BACKWARD' });
      expect(await level(`:.third:${s}`)).to.equal('BACKWARD');
      await server.ask('DELETE', `/config/${encodeURIComponent(':.__GLOBAL:')}`);
    });

    it('of a context exists on its own, but that of the default one always does', async () => {
      for (const [path, subject] of [
        ['/config/:.fourth:', ':.fourth:'],
        ['/config/:.fourth', ':.fourth:'],
        ['/contexts/fourth/config', ':.fourth:'],
        ['/config/:.__GLOBAL:', ':.__GLOBAL:'],
      ] as const) {
        const { body } = await server.get(path);
        expect(body.error_code, path).to.equal(40408);
        expect(body.message).to.include(`'${subject}'`);
        expect(await code(server.ask('DELETE', path)), path).to.equal(40401);
        expect((await server.get(`${path}?defaultToGlobal=true`)).body.compatibilityLevel).to.equal('FULL');
      }
      for (const path of ['/config', '/config/:.:', '/contexts/:.:/config']) {
        expect((await server.get(path)).body, path).to.deep.equal({ compatibilityLevel: 'FULL' });
        expect((await server.ask('DELETE', path)).status, path).to.equal(200);
      }
    });

    it('goes with a subject that is removed for good', async () => {
      await register('"int"');
      await put(`/config/${s}`, { compatibility: 'NONE' });
      await server.ask('DELETE', `/subjects/${s}`);
      expect((await server.get(`/config/${s}`)).status).to.equal(200);
      await server.ask('DELETE', `/subjects/${s}?permanent=true`);
      expect(await code(server.get(`/config/${s}`))).to.equal(40408);
    });
  });

  describe('mode', () => {
    it('starts as read and write', async () => {
      expect((await server.get('/mode')).body).to.deep.equal({ mode: 'READWRITE' });
      expect(await code(server.get(`/mode/${s}`))).to.equal(40409);
      expect((await server.get(`/mode/${s}?defaultToGlobal=true`)).body).to.deep.equal({ mode: 'READWRITE' });
    });

    it('of a context exists on its own, but that of the default one always does', async () => {
      await put('/mode/:.__GLOBAL:', { mode: 'READONLY' });
      expect((await server.get('/mode')).body).to.deep.equal({ mode: 'READWRITE' });
      expect((await server.get('/mode?defaultToGlobal=true')).body).to.deep.equal({ mode: 'READONLY' });
      expect((await server.ask('DELETE', '/mode/:.__GLOBAL:')).body).to.deep.equal({ mode: 'READONLY' });
      for (const path of ['/mode/:.fourth:', '/contexts/fourth/mode', '/mode/:.__GLOBAL:']) {
        expect(await code(server.get(path)), path).to.equal(40409);
        expect(await code(server.ask('DELETE', path)), path).to.equal(40401);
        // Its subjects are meant, too, and whether one had a mode does not matter.
        expect((await server.ask('DELETE', `${path}?recursive=true`)).status, path).to.equal(200);
      }
      expect((await server.ask('DELETE', '/mode')).body).to.deep.equal({ mode: 'READWRITE' });
    });

    it('read-only lets nothing be written but the mode', async () => {
      await register(anAvroRecord('R'));
      expect((await put('/mode', { mode: 'READONLY' })).body).to.deep.equal({ mode: 'READONLY' });
      const refused = [
        register(anAvroRecord('R', ['a', 'b'])),
        server.ask('DELETE', `/subjects/${s}`),
        server.ask('DELETE', `/subjects/${s}/versions/1`),
        put('/config', { compatibility: 'NONE' }),
        put(`/config/${s}`, { compatibility: 'NONE' }),
        server.ask('DELETE', '/config'),
      ];
      for (const reply of refused) expect(await code(reply)).to.equal(42205);
      expect((await server.get(`/subjects/${s}/versions/1`)).status).to.equal(200);
      expect((await put(`/mode/${s}`, { mode: 'readwrite' })).status).to.equal(200);
      expect((await register(anAvroRecord('R', ['a', 'b']))).status).to.equal(200);
      expect((await server.ask('DELETE', `/mode/${s}`)).body).to.deep.equal({ mode: 'READWRITE' });
      expect(await code(server.ask('DELETE', `/mode/${s}`))).to.equal(40401);
      expect((await server.ask('DELETE', '/mode')).body).to.deep.equal({ mode: 'READONLY' });
    });

    it('refuses modes that are none, and FORWARD below the top', async () => {
      for (const mode of ['OPEN', 'FORWARD', 4]) expect(await code(put('/mode', { mode }))).to.equal(42204);
    });
  });
});
