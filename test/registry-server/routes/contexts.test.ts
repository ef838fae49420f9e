import { expect } from 'chai';
import { anAvroRecord } from '../../build/schema.ts';
import { suiteServer } from '../../build/suite-server.ts';

describe('contexts over HTTP', () => {
  const server = suiteServer();
  let count = 0;
  let s: string;
  /** Of this test alone. */
  let ctx: string;

  beforeEach(() => {
    count += 1;
    s = `subject-${count}`;
    ctx = `.ctx-${count}`;
  });

  const register = async (path: string, fields?: string[]) =>
    (await server.ask('POST', `${path}/versions`, { schema: anAvroRecord(`R${count}`, fields) })).body;
  const get = async (path: string) => (await server.get(path)).body;

  describe('the /contexts prefix', () => {
    for (const spelled of ['.ctx', 'ctx', ':.ctx:', '%3A.ctx%3A']) {
      it(`takes the context as ${spelled}`, async () => {
        const prefix = `/contexts/${spelled.replace('ctx', `p${count}`)}`;
        const { id } = await register(`${prefix}/subjects/${s}`);
        expect(await get(`/subjects/:.p${count}:${s}/versions/1`)).to.include({
          id,
          subject: `:.p${count}:${s}`,
        });
        expect((await get(`${prefix}/subjects/${s}/versions/latest`)).id).to.equal(id);
      });
    }

    it('goes before the subject of every path', async () => {
      const prefix = `/contexts/${ctx}`;
      const qualified = `:${ctx}:${s}`;
      const { id } = await register(`${prefix}/subjects/${s}`);
      await register(`/subjects/${s}`, ['elsewhere']);
      expect(await get(`${prefix}/subjects`)).to.deep.equal([qualified]);
      expect(await get(`${prefix}/subjects?subjectPrefix=nothing`)).to.deep.equal([]);
      expect(await get(`${prefix}/schemas`)).to.have.length(1);
      expect(await get(`${prefix}/schemas/ids/${id}`)).to.include({ schema: anAvroRecord(`R${count}`) });
      expect(await get(`${prefix}/schemas/ids/${id}?subject=${s}`)).to.include({ subject: qualified });
      expect(await get(`${prefix}/schemas/ids/${id}/versions`)).to.deep.equal([
        { subject: qualified, version: 1 },
      ]);
      expect(await get(`${prefix}/schemas/types`)).to.include('AVRO');
      expect(await get(`${prefix}/subjects/${s}/versions`)).to.deep.equal([1]);
      const same = { schema: anAvroRecord(`R${count}`) };
      expect((await server.ask('POST', `${prefix}/subjects/${s}`, same)).body).to.include({
        subject: qualified,
      });
      const check = await server.ask('POST', `${prefix}/compatibility/subjects/${s}/versions/1`, same);
      expect(check.body).to.deep.equal({ is_compatible: true });
      await server.ask('PUT', `${prefix}/config`, { compatibility: 'FULL' });
      expect(await get(`/config/:${ctx}:`)).to.deep.equal({ compatibilityLevel: 'FULL' });
      await server.ask('PUT', `${prefix}/mode/${s}`, { mode: 'READONLY' });
      expect(await get(`/mode/${qualified}`)).to.deep.equal({ mode: 'READONLY' });
    });

    it('leaves a subject alone that has its context', async () => {
      await register(`/contexts/${ctx}/subjects/${encodeURIComponent(`:.own-${count}:${s}`)}`);
      expect(await get(`/contexts/.own-${count}/subjects`)).to.deep.equal([`:.own-${count}:${s}`]);
    });

    it('means the default context where it says .', async () => {
      // fetch would take "/./" out of the path.
      const { id } = await register(`/contexts/:.:/subjects/${s}`);
      expect(id).to.be.a('number');
      expect(await get(`/subjects/${s}/versions/1`)).to.include({ id, subject: s });
    });

    it('refuses a colon in the name', async () => {
      const { status, body } = await server.get('/contexts/.a:b/subjects');
      expect([status, body.error_code]).to.deep.equal([400, 400]);
    });
  });

  describe('reading without a context', () => {
    it('finds a version, and looks a schema up, wherever the subject is', async () => {
      const { id } = await register(`/subjects/:${ctx}:${s}`);
      expect(await get(`/subjects/${s}/versions/latest`)).to.include({ id, subject: `:${ctx}:${s}` });
      expect(await get(`/subjects/${s}/versions/1/schema`)).to.have.property('name', `R${count}`);
      const found = await server.ask('POST', `/subjects/${s}`, { schema: anAvroRecord(`R${count}`) });
      expect(found.body).to.include({ id, subject: `:${ctx}:${s}` });
      expect((await server.get(`/subjects/${s}/versions/2`)).body.error_code).to.equal(40401);
    });

    it('prefers the default context', async () => {
      await register(`/subjects/:${ctx}:${s}`, ['there']);
      await register(`/subjects/${s}`, ['here']);
      expect((await get(`/subjects/${s}/versions/latest`)).subject).to.equal(s);
    });

    it('finds an id by the subject that has it, or else in the default context', async () => {
      // An id that the default context gives to something else.
      const here = await register(`/subjects/first-${s}`);
      for (let id = 0; id < here.id; )
        ({ id } = await register(`/subjects/:${ctx}:${s}`, ['a', `b${id}`].slice(0, 1 + (id && 1))));
      expect(await get(`/schemas/ids/1?subject=${s}`)).to.include({ subject: `:${ctx}:${s}`, version: 1 });
      expect(await get(`/schemas/ids/${here.id}?subject=unknown-${s}`)).to.include({ schema: here.schema });
      expect((await server.get(`/schemas/ids/1?subject=:${ctx}:other`)).body.error_code).to.equal(40403);
    });
  });

  it('counts ids in each context, and lists contexts with the default one first', async () => {
    expect(await register(`/subjects/:${ctx}:${s}`)).to.include({ id: 1, version: 1 });
    const contexts = await get('/contexts');
    expect(contexts[0]).to.equal('.');
    expect(contexts).to.include(ctx);
    expect(await get(`/contexts?contextPrefix=${ctx}&limit=1`)).to.deep.equal([ctx]);
  });

  it('removes a context only when it is empty', async () => {
    const subject = `/subjects/:${ctx}:${s}`;
    await register(subject);
    const refused = await server.ask('DELETE', `/contexts/${ctx}`);
    expect([refused.status, refused.body.error_code]).to.deep.equal([422, 42211]);
    await server.ask('DELETE', subject);
    expect((await server.ask('DELETE', `/contexts/${ctx}`)).status).to.equal(422);
    await server.ask('DELETE', `${subject}?permanent=true`);
    const gone = await server.ask('DELETE', `/contexts/${ctx}`);
    expect([gone.status, gone.text]).to.deep.equal([204, '']);
    expect(await get('/contexts')).not.to.include(ctx);
  });
});
