import { expect } from 'chai';
import { anAvroRecord } from '../../build/schema.ts';
import { startServer } from '../../build/server.ts';
import { suiteServer } from '../../build/suite-server.ts';

describe('data contracts over HTTP', () => {
  const lines: string[] = [];
  const server = suiteServer({}, (line) => lines.push(line));
  let count = 0;
  let s: string;

  beforeEach(() => {
    count += 1;
    s = `subject-${count}`;
  });

  const schemaOf = (fields?: string[]) => anAvroRecord(`R${count}`, fields);
  const post = (path: string, body: object) => server.ask('POST', path, body);
  const register = async (body: object, query = '') =>
    (await post(`/subjects/${s}/versions${query}`, { schema: schemaOf(), ...body })).body;
  const latest = async () => (await server.get(`/subjects/${s}/versions/latest`)).body;
  const configure = async (body: object) => {
    expect((await server.ask('PUT', `/config/${s}`, body)).status).to.equal(200);
  };

  const metadata = { properties: { owner: 'team-a' }, tags: { '**.email': ['PII'] }, sensitive: ['owner'] };
  const rule = {
    name: 'checkEmail',
    kind: 'CONDITION',
    mode: 'WRITE',
    type: 'CEL',
    expr: "message.email != ''",
  };
  const ruleSet = { domainRules: [rule] };
  const storedRuleSet = { domainRules: [{ ...rule, disabled: false }] };

  it('keeps metadata and rules with the schema, and shows them with it', async () => {
    const registered = await register({ metadata, ruleSet });
    expect(registered).to.deep.include({ version: 1, metadata, ruleSet: storedRuleSet });
    expect(await latest()).to.deep.include({ metadata, ruleSet: storedRuleSet });
    expect((await server.get(`/schemas/ids/${registered.id}`)).body).to.deep.include({ metadata });
    const byGuid = await server.get(`/schemas/guids/${registered.guid}`);
    expect(byGuid.body).to.deep.include({ ruleSet: storedRuleSet });
  });

  it('gives the same text with other metadata or rules a version and an id of its own', async () => {
    const ids = new Set();
    for (const contract of [{}, { metadata }, { ruleSet }, { metadata: { properties: { owner: 'b' } } }]) {
      ids.add((await register({ metadata: {}, ruleSet: {}, ...contract })).id);
    }
    expect(ids.size).to.equal(4);
    expect((await register({ metadata, ruleSet: {} })).version).to.equal(2);
  });

  it('takes no order of keys and lists for a difference', async () => {
    const one = await register({ metadata: { properties: { a: '1', b: '2' }, sensitive: ['x', 'y'] } });
    const two = await register({ metadata: { sensitive: ['y', 'x', 'y'], properties: { b: '2', a: '1' } } });
    expect(two.id).to.equal(one.id);
  });

  it('inherits them from the latest version where the request says nothing', async () => {
    await register({ metadata, ruleSet });
    const next = await register({ schema: schemaOf(['a', 'b']) });
    expect(next).to.deep.include({ version: 2, metadata, ruleSet: storedRuleSet });
    const without = await register({ schema: schemaOf(['a', 'b', 'c']), metadata: {}, ruleSet: {} });
    expect(without).not.to.have.any.keys('metadata', 'ruleSet');
  });

  it('changes the metadata alone when the text is empty', async () => {
    await register({ metadata });
    const changed = await register({ schema: '', metadata: { properties: { owner: 'team-b' } } });
    expect(changed).to.deep.include({
      version: 2,
      schema: schemaOf(),
      metadata: { properties: { owner: 'team-b' } },
    });
    expect((await post('/subjects/unknown/versions', { schema: '', metadata })).body.error_code).to.equal(
      42201,
    );
  });

  it('merges default, sent and override, the later winning', async () => {
    await configure({
      defaultMetadata: { properties: { owner: 'nobody', tier: '3' } },
      overrideMetadata: { properties: { region: 'eu' } },
      overrideRuleSet: {
        domainRules: [
          { ...rule, expr: 'true' },
          { ...rule, name: 'second' },
        ],
      },
    });
    const { metadata: merged, ruleSet: rules } = await register({
      metadata: { properties: { owner: 'a', region: 'us' } },
      ruleSet,
    });
    expect(merged).to.deep.equal({ properties: { owner: 'a', region: 'eu', tier: '3' } });
    const shown = rules.domainRules.map(({ name, expr }: { name: string; expr: string }) => [name, expr]);
    expect(shown).to.deep.equal([
      ['checkEmail', 'true'],
      ['second', rule.expr],
    ]);
    expect(
      (await register({ metadata: { properties: { owner: 'a', region: 'us' } }, ruleSet })).version,
    ).to.equal(1);
  });

  describe('the version in the metadata', () => {
    const noted = async () => (await latest()).metadata?.properties;

    it('is noted when the request names a version, and follows from then on', async () => {
      await register({ version: 1 });
      expect(await noted()).to.deep.equal({ 'confluent:version': '1' });
      await register({ schema: schemaOf(['a', 'b']) });
      expect(await noted()).to.deep.equal({ 'confluent:version': '2' });
      await register({
        schema: schemaOf(['a', 'b', 'c']),
        metadata: { properties: { 'confluent:version': '77' } },
      });
      expect(await noted()).to.deep.equal({ 'confluent:version': '3' });
    });

    it('makes no difference where only one side has it', async () => {
      const first = await register({ version: 1 });
      expect((await register({})).version).to.equal(1);
      const found = await post(`/subjects/${s}`, { schema: schemaOf() });
      expect(found.body).to.include({ id: first.id, version: 1 });
    });

    it('must be the next one where it is a number', async () => {
      const { error_code, message } = await register({ version: 2 });
      expect(error_code).to.equal(42201);
      expect(message).to.include('version is 2').and.include('is 1');
    });
  });

  it('looks up by text alone, or by text, metadata and rules', async () => {
    await register({ metadata });
    await register({ metadata: { properties: { owner: 'b' } } });
    const look = async (body: object) => (await post(`/subjects/${s}`, { schema: schemaOf(), ...body })).body;
    expect((await look({ metadata })).version).to.equal(1);
    expect((await look({ metadata: { properties: { owner: 'b' } } })).version).to.equal(2);
    expect((await look({})).version).to.equal(2);
    expect((await look({ metadata: { properties: { owner: 'c' } } })).error_code).to.equal(40403);
  });

  it('finds the newest version by its properties', async () => {
    await register({ metadata: { properties: { owner: 'a', major: '1' } } });
    await register({ schema: schemaOf(['a', 'b']), metadata: { properties: { owner: 'a', major: '1' } } });
    await register({ schema: schemaOf(['c']), metadata: { properties: { owner: 'a', major: '2' } } });
    const find = async (query: string, subject = s) =>
      (await server.get(`/subjects/${subject}/metadata?${query}`)).body;
    expect((await find('key=major&value=1')).version).to.equal(2);
    expect((await find('key=major&value=2&key=owner&value=a')).version).to.equal(3);
    expect((await find('key=major&value=3')).error_code).to.equal(40403);
    expect((await find('key=major&value=1', 'unknown')).error_code).to.equal(40401);
    expect((await find('key=major')).message).to.include('each key needs its value');
  });

  describe('rules that clients could not use are refused', () => {
    const cases: readonly (readonly [string, object, string])[] = [
      ['without a name', { domainRules: [{ ...rule, name: '' }] }, 'no name'],
      ['with a name that begins with a digit', { domainRules: [{ ...rule, name: '1st' }] }, '1st'],
      ['with the same name twice', { domainRules: [rule], encodingRules: [rule] }, 'duplicate name'],
      ['without a type', { domainRules: [{ ...rule, type: undefined }] }, 'has no type'],
      ['that migrate on writing', { migrationRules: [rule] }, 'UPGRADE, DOWNGRADE, UPDOWN'],
      ['that validate on upgrade', { domainRules: [{ ...rule, mode: 'UPGRADE' }] }, 'WRITE, READ, WRITEREAD'],
      [
        'with two actions for one way',
        { domainRules: [{ ...rule, onFailure: 'NONE,ERROR' }] },
        'two actions',
      ],
    ];
    for (const [title, bad, words] of cases) {
      it(title, async () => {
        const { error_code, message } = await register({ ruleSet: bad });
        expect(error_code).to.equal(42210);
        expect(message).to.include(words);
        const refused = await server.ask('PUT', `/config/${s}`, { overrideRuleSet: bad });
        expect(refused.body.error_code).to.equal(42210);
      });
    }

    it('and a wrong shape is named by its place', async () => {
      const { error_code, message } = await register({
        ruleSet: { domainRules: [rule, { ...rule, params: { a: [] } }] },
      });
      expect([error_code, message]).to.deep.equal([
        400,
        '"ruleSet.domainRules[1].params.a" must be a string',
      ]);
    });
  });

  it('takes numbers and booleans for text, and text for them, as the reference does', async () => {
    await server.ask('PUT', `/config/${s}`, { normalize: 'true', compatibilityGroup: 1 });
    expect((await server.get(`/config/${s}`)).body).to.include({ normalize: true, compatibilityGroup: '1' });
    const registered = await register({
      version: '1',
      metadata: { properties: { major: 1, isPublic: true } },
      ruleSet: { domainRules: [{ ...rule, params: { a: 1.5 }, disabled: 'false' }] },
    });
    expect(registered.metadata.properties).to.include({ major: '1', isPublic: 'true' });
    expect(registered.ruleSet.domainRules[0]).to.deep.include({ params: { a: '1.5' }, disabled: false });
    const references = [{ name: `R${count}`, subject: s, version: '1' }];
    const user = JSON.stringify({ type: 'record', name: 'User', fields: [{ name: 'r', type: `R${count}` }] });
    const { body } = await post(`/subjects/${s}-user/versions`, { schema: user, references });
    expect(body.references).to.deep.equal([{ name: `R${count}`, subject: s, version: 1 }]);
    expect((await register({ version: 'two' })).error_code).to.equal(400);
  });

  describe('tags', () => {
    const entity = () => ({ entityPath: `R${count}.a`, entityType: 'sr_field' });
    const tagged = () => [{ schemaEntity: entity(), tags: ['PII'] }];

    it('are added to and taken from the text of a new version', async () => {
      await register({});
      const added = (await post(`/subjects/${s}/versions/1/tags`, { tagsToAdd: tagged() })).body;
      expect(added.version).to.equal(2);
      expect(JSON.parse(added.schema).fields[0]['confluent:tags']).to.deep.equal(['PII']);
      expect(added.metadata.properties).to.deep.equal({ 'confluent:version': '2' });
      const found = (await server.get(`/subjects/${s}/versions/2?findTags=PII`)).body;
      expect(found.schemaTags).to.deep.equal(tagged());
      expect((await server.get(`/subjects/${s}/versions/2?findTags=OTHER`)).body).not.to.have.property(
        'schemaTags',
      );
      const removed = (
        await post(`/subjects/${s}/versions/latest/tags`, { newVersion: 3, tagsToRemove: tagged() })
      ).body;
      expect(removed).to.deep.include({ version: 3, schema: schemaOf() });
    });

    it('come with a registration, or from the version before it', async () => {
      const first = await register({ schemaTagsToAdd: tagged() });
      expect(first.schema).to.include('"confluent:tags":["PII"]');
      const next = await register({ schema: schemaOf(['a', 'b']), propagateSchemaTags: true });
      expect(JSON.parse(next.schema).fields[0]['confluent:tags']).to.deep.equal(['PII']);
    });

    it('refuse a field that is not there', async () => {
      await register({});
      const nowhere = [{ schemaEntity: { entityPath: 'R.none', entityType: 'sr_field' }, tags: ['PII'] }];
      const { body } = await post(`/subjects/${s}/versions/1/tags`, { tagsToAdd: nowhere });
      expect(body.error_code).to.equal(42201);
      expect(body.message).to.include('R.none');
    });

    it('change rules with them: given whole, or merged and removed', async () => {
      await register({ ruleSet });
      const change = { newVersion: 2, rulesToMerge: { domainRules: [{ ...rule, name: 'second' }] } };
      const merged = (await post(`/subjects/${s}/versions/1/tags`, change)).body;
      expect(merged.ruleSet.domainRules.map(({ name }: { name: string }) => name)).to.deep.equal([
        'checkEmail',
        'second',
      ]);
      const removed = await post(`/subjects/${s}/versions/2/tags`, {
        newVersion: 3,
        rulesToRemove: ['checkEmail'],
      });
      expect(removed.body.ruleSet.domainRules).to.have.length(1);
      const both = await post(`/subjects/${s}/versions/2/tags`, { ruleSet, rulesToRemove: ['second'] });
      expect(both.body.error_code).to.equal(42210);
    });
  });

  describe('configured checks', () => {
    const incompatible = async (body: object) => {
      const { error_code, message } = await register(body);
      expect(error_code).to.equal(40901);
      return message as string;
    };

    it('forbid fields that are reserved, and giving a reservation up', async () => {
      await configure({ validateFields: true, compatibility: 'NONE' });
      const reserving = (names: string) => ({ metadata: { properties: { 'confluent:reserved': names } } });
      await register(reserving('x, y'));
      expect(await incompatible({ schema: schemaOf(['x']), ...reserving('x,y') })).to.include(
        'reserved field x',
      );
      const words = await incompatible({ schema: schemaOf(['z']), ...reserving('x') });
      expect(words)
        .to.include('reserved field y removed')
        .and.include("{validateFields: 'true', compatibility: 'NONE'}");
      expect((await register({ schema: schemaOf(['z']), ...reserving('x,y,w') })).version).to.equal(2);
    });

    it('compare only versions of the same group', async () => {
      await configure({ compatibilityGroup: 'major', compatibility: 'BACKWARD_TRANSITIVE' });
      const of = (major: string, type: string) => ({
        schema: JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'a', type }] }),
        metadata: { properties: { major } },
      });
      await register(of('1', 'int'));
      expect((await register(of('2', 'string'))).version).to.equal(2);
      expect(await incompatible(of('2', 'boolean'))).to.include('{oldSchemaVersion: 2}');
      expect((await register(of('1', 'long'))).version).to.equal(3);
    });

    it('warn in the log of rules that encrypt: their clients ask for keys that nobody has here', async () => {
      const warnings = () => lines.filter((line) => line.includes('DEK registry') && line.includes(`"${s}"`));
      const rules = (type: string, disabled = false) => ({
        ruleSet: { domainRules: [{ name: `r-${type}`, type, mode: 'WRITEREAD', disabled }] },
      });
      await register(rules('CEL'));
      await register(rules('ENCRYPT', true));
      expect(warnings()).to.deep.equal([]);
      const { version } = await register(rules('ENCRYPT'));
      await register(rules('ENCRYPT'));
      expect(warnings().map((line) => JSON.parse(line))).to.have.length(1);
      expect(JSON.parse(warnings()[0] ?? '')).to.deep.include({
        level: 'warn',
        subject: s,
        version,
        rules: ['r-ENCRYPT'],
      });
      await register({
        ruleSet: { encodingRules: [{ name: 'whole', type: 'ENCRYPT_PAYLOAD', mode: 'WRITEREAD' }] },
      });
      expect(warnings()).to.have.length(2);
    });

    describe('look at names and defaults of Avro, and at what is referred to,', () => {
      const text = (rest: object, value: unknown = 1) =>
        JSON.stringify({
          type: 'record',
          name: 'R',
          ...rest,
          fields: [{ name: 'a', type: 'int', default: value }],
        });
      const badDefault = text({}, 1.5);
      const badName = text({ namespace: 'x-y' });

      it('unless validateNewSchemas is off', async () => {
        const { error_code, message } = await register({ schema: badDefault });
        expect([error_code, message]).to.deep.equal([
          42201,
          'Invalid schema: /fields/0/default: 1.5 is not a valid default of field "a" of type int',
        ]);
        const check = async (query = '') =>
          (await post(`/compatibility/subjects/${s}/versions${query}`, { schema: badDefault })).body;
        expect((await check()).error_code).to.equal(42201);
        expect(await check('?verbose=true')).to.deep.equal({ is_compatible: false, messages: [message] });
        await configure({ validateNewSchemas: false });
        expect((await register({ schema: badDefault })).version).to.equal(1);
        expect((await check()).is_compatible).to.equal(true);
        const { message: told } = await register({ schema: badName });
        expect(told).to.equal(
          'Invalid schema: record x-y.R: the namespace "x-y" is not a sequence of names with dots between; write com.example',
        );
        await configure({ validateNewSchemas: true, compatibility: 'NONE' });
        expect((await register({ schema: text({}, 2.5) })).error_code).to.equal(42201);
        // What is stored already is found, under the id that it has.
        expect((await register({ schema: badDefault })).error_code).to.equal(undefined);
      });

      it('but not in import mode: what came so can be read, compared, looked up, referred to and deleted', async () => {
        await server.ask('PUT', `/mode/${s}`, { mode: 'IMPORT' });
        const id = 100_000 + 10 * count;
        expect(await register({ schema: badDefault, id, version: 1 })).to.include({ id, version: 1 });
        expect(await register({ schema: badName, id: id + 1, version: 2 })).to.include({ version: 2 });
        await server.ask('DELETE', `/mode/${s}`);
        for (const [version, schema] of [badDefault, badName].entries()) {
          const at = `/subjects/${s}/versions/${version + 1}`;
          expect((await server.get(at)).body).to.include({ schema, id: id + version });
          expect((await post(`/subjects/${s}`, { schema })).body).to.include({ version: version + 1 });
          const sent = { schema: text({ namespace: 'x' }) };
          expect((await post(`/compatibility${at}`, sent)).body.is_compatible).to.equal(true);
        }
        const references = [{ name: 'x-y.R', subject: s, version: 2 }];
        const referring = { schema: '{"type":"array","items":"x-y.R"}', references };
        const { body } = await post(`/subjects/referring-${s}/versions`, referring);
        expect(body).to.include({ version: 1 });
        await server.ask('DELETE', `/subjects/referring-${s}`);
        expect((await server.ask('DELETE', `/subjects/${s}`)).body).to.deep.equal([1, 2]);
      });

      it('unless the process says otherwise, and no config does', async () => {
        const lenient = await startServer({ VALIDATE_NEW_SCHEMAS: 'false' });
        try {
          await lenient.ready;
          const status = async (schema: string) =>
            (await lenient.ask('POST', '/subjects/s/versions', { schema })).status;
          expect(await status(badDefault)).to.equal(200);
          expect(await status(badName)).to.equal(422);
          await lenient.ask('PUT', '/config', { validateNewSchemas: true, compatibility: 'NONE' });
          expect(await status(text({}, 2.5))).to.equal(422);
        } finally {
          await lenient.stop();
        }
      });
    });

    it('overlook what only an open content model breaks, when LENIENT', async () => {
      const open = (properties: object) => ({
        schemaType: 'JSON',
        schema: JSON.stringify({ type: 'object', properties }),
      });
      await register(open({ a: { type: 'string' } }));
      const more = open({ a: { type: 'string' }, b: { type: 'string' } });
      expect(await incompatible(more)).to.include('PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL');
      await configure({ compatibilityPolicy: 'LENIENT' });
      expect((await register(more)).version).to.equal(2);
    });
  });

  it('finds a schema that was inlined where it is stored with references', async () => {
    const inner = { type: 'record', name: 'Inner', fields: [{ name: 'x', type: 'int' }] };
    const outer = (type: unknown) =>
      JSON.stringify({ type: 'record', name: 'Outer', fields: [{ name: 'i', type }] });
    await post(`/subjects/inner-${s}/versions`, { schema: JSON.stringify(inner) });
    const references = [{ name: 'Inner', subject: `inner-${s}`, version: 1 }];
    const { id } = await register({ schema: outer('Inner'), references });
    expect((await post(`/subjects/${s}`, { schema: outer(inner) })).body).to.include({ id, version: 1 });
    expect(await register({ schema: outer(inner) })).to.include({ id, version: 1 });
  });
});
