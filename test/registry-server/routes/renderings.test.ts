import { expect } from 'chai';
import { profiles } from '../../../registry-server/contracts/profiles/table.ts';
import { suiteServer } from '../../build/suite-server.ts';

const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const closed = { ...schema, additionalProperties: false };
const aTool = (name: string, inputSchema: unknown = schema) => ({
  name,
  description: `Does ${name}.`,
  inputSchema,
});

describe('renderings over HTTP', () => {
  const server = suiteServer({ MAX_SCHEMA_SIZE: '1000000' });
  const render = (body: unknown) => server.ask('POST', '/api/v1/render', body);
  const bodyOf = async (body: unknown) => {
    const reply = await render(body);
    expect(reply.status, reply.text).to.equal(200);
    return reply.body;
  };

  /** The whole of what is sent, for a schema and for a tool. */
  const envelopes: Readonly<Record<string, readonly [output: unknown, tools: unknown]>> = {
    'openai-chat': [
      {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'weather', description: 'W.', strict: true, schema: closed },
        },
      },
      {
        tools: [
          {
            type: 'function',
            function: { name: 'get', description: 'Does get.', strict: true, parameters: closed },
          },
        ],
      },
    ],
    'openai-responses': [
      {
        text: {
          format: { type: 'json_schema', name: 'weather', description: 'W.', strict: true, schema: closed },
        },
      },
      {
        tools: [
          { type: 'function', name: 'get', description: 'Does get.', strict: true, parameters: closed },
        ],
      },
    ],
    anthropic: [
      { output_config: { format: { type: 'json_schema', schema: closed } } },
      { tools: [{ name: 'get', description: 'Does get.', strict: true, input_schema: closed }] },
    ],
    'gemini-json': [
      { generationConfig: { responseMimeType: 'application/json', responseJsonSchema: schema } },
      {
        tools: [
          { functionDeclarations: [{ name: 'get', description: 'Does get.', parametersJsonSchema: schema }] },
        ],
      },
    ],
    'gemini-openapi': [
      { generationConfig: { responseMimeType: 'application/json', responseSchema: schema } },
      { tools: [{ functionDeclarations: [{ name: 'get', description: 'Does get.', parameters: schema }] }] },
    ],
    'bedrock-converse': [
      {
        outputConfig: {
          textFormat: {
            type: 'json_schema',
            structure: {
              jsonSchema: { schema: JSON.stringify(closed), name: 'weather', description: 'W.' },
            },
          },
        },
      },
      {
        toolConfig: {
          tools: [
            {
              toolSpec: {
                name: 'get',
                description: 'Does get.',
                strict: true,
                inputSchema: { json: closed },
              },
            },
          ],
        },
      },
    ],
  };
  for (const [profile, [output, tools]] of Object.entries(envelopes)) {
    it(`has a body ready to send for ${profile}`, async () => {
      const one = await bodyOf({ profile, schema, name: 'weather', description: 'W.' });
      expect(one.body).to.deep.equal(output);
      expect(one.class).to.equal('exact');
      expect((await bodyOf({ profile, tools: [aTool('get')] })).body).to.deep.equal(tools);
    });
  }

  it('says of each profile when its rules were read, and where', async () => {
    for (const { name } of profiles) {
      const { profile } = await bodyOf({ profile: name, tools: [aTool('get')] });
      expect(profile.asOf).to.match(/^\d{4}-\d\d-\d\d$/);
      expect(profile.source).not.to.deep.equal([]);
    }
  });

  it('leaves the order of what was sent as it is, in the answer too', async () => {
    const text =
      '{"type":"object","properties":{"b":{"type":"null"},"10":{"type":"null"},"2":{"type":"null"}}}';
    for (const sent of [text, JSON.stringify(text)]) {
      const reply = await render(`{"profile":"plain","schema":${sent}}`);
      expect(reply.text).to.include(`"schema":${text}`);
    }
  });

  it('maps names that the provider does not take, and refuses two that would be one', async () => {
    const found = await bodyOf({
      profile: 'openai-chat',
      tools: [aTool('a.b'), aTool('c/d'), aTool('c d'), aTool('e')],
    });
    expect(found.names).to.deep.equal({ a_b: 'a.b', e: 'e' });
    expect(found.class).to.equal('refused');
    expect(found.renderings.map((each: { class: string }) => each.class)).to.deep.equal([
      'exact',
      'refused',
      'refused',
      'exact',
    ]);
    expect(found.renderings[1].refusals[0]).to.include({ rule: 'name', path: '' });
    expect(found.body.tools).to.have.length(2);
  });

  it('says which tools to keep strict where they are more than a request may have', async () => {
    const optional = {
      type: 'object',
      properties: Object.fromEntries(
        ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'].map((name) => [name, { type: 'string' }]),
      ),
    };
    const found = await bodyOf({
      profile: 'anthropic',
      tools: ['x', 'y', 'z'].map((name) => aTool(name, optional)),
    });
    expect(found.budget).to.deep.include({ measure: 'optional', per: 'request', used: 30, most: 24 });
    expect(found.keepStrict).to.deep.equal(['x', 'y']);
    expect(found.body.tools.map(({ strict }: { strict: boolean }) => strict)).to.deep.equal([
      true,
      true,
      false,
    ]);
  });

  it('refuses what is over the limit of one schema', async () => {
    const properties = Object.fromEntries(
      Array.from({ length: 101 }, (_, i) => [`p${i}`, { type: 'string' }]),
    );
    const found = await bodyOf({
      profile: 'azure',
      schema: { type: 'object', properties, required: Object.keys(properties) },
    });
    expect(found.renderings[0].refusals).to.deep.equal([
      {
        path: '',
        rule: 'properties',
        reason: '101 properties; the provider takes 100',
        right: 'at most 100',
      },
    ]);
    expect(found).not.to.have.property('body');
  });

  for (const [title, body, words] of [
    ['no profile', { schema }, /^profile: it has to be one of openai-chat, /],
    ['an unknown profile', { profile: 'gpt', schema }, /^profile: it has to be one of openai-chat, /],
    ['neither schema nor tools', { profile: 'plain' }, /one of schema and tools/],
    ['both', { profile: 'plain', schema, tools: [] }, /one of schema and tools/],
    ['a schema for a profile of tools', { profile: 'mcp-tool', schema }, /send tools/],
    ['a schema that is a number', { profile: 'plain', schema: 1 }, /^schema: it has to be a JSON Schema/],
    ['a text that is no JSON', { profile: 'plain', schema: '{' }, /^schema: not JSON/],
    ['no tools', { profile: 'plain', tools: [] }, /1 to 512 tools/],
    [
      'a tool without a schema',
      { profile: 'plain', tools: [{ name: 'a' }] },
      /^tools\[0\]\.inputSchema: it is missing/,
    ],
    ['a tool without a name', { profile: 'plain', tools: [{ inputSchema: {} }] }, /^tools\[0\]\.name: /],
    ['a list', [], /no JSON object/],
    ['no JSON', '{"profile"', /not JSON/],
  ] as const) {
    it(`refuses ${title}, and names the field`, async () => {
      const reply = await render(body);
      expect(reply.status).to.equal(422);
      expect(reply.body.error_code).to.equal(42201);
      expect(reply.body.message).to.match(words);
    });
  }

  it('refuses 10,000 levels, and more bytes than a schema may have', async () => {
    const deep = await render(
      `{"profile":"plain","schema":${'{"items":'.repeat(10_000)}{}${'}'.repeat(10_000)}}`,
    );
    expect(deep.status).to.equal(422);
    expect(deep.body.message).to.match(/deeper than 1000 levels/);
    const values = JSON.stringify(Array.from({ length: 100_000 }, (_, i) => `value-${i}`));
    const large = await render(`{"profile":"plain","schema":{"enum":${values}}}`);
    expect(large.body.error_code).to.equal(42209);
  });

  it('answers in another thread what is large', async () => {
    const properties = Object.fromEntries(
      Array.from({ length: 4_000 }, (_, i) => [`property_${i}`, { type: 'string' }]),
    );
    const found = await bodyOf({ profile: 'openai-chat', schema: { type: 'object', properties } });
    expect(found.budget[0]).to.deep.equal({ measure: 'properties', per: 'schema', used: 4_000, most: 5_000 });
    const bad = await render(`{"profile":"plain","tools":[${'{},'.repeat(30_000)}{}]}`);
    expect(bad.status).to.equal(422);
    expect(bad.body.message).to.match(/1 to 512 tools/);
  });

  it('takes a set of tools that has references in each', async () => {
    const recursive = {
      type: 'object',
      properties: { a: { $ref: '#/$defs/N' } },
      $defs: { N: { type: 'object', properties: { n: { $ref: '#/$defs/N' } } } },
    };
    const found = await bodyOf({ profile: 'anthropic', tools: [aTool('good'), aTool('bad', recursive)] });
    expect(found.body.tools.map(({ name }: { name: string }) => name)).to.deep.equal(['good']);
    expect(found.renderings[1].refusals[0]).to.include({ path: '/$defs/N/properties/n', rule: '$ref' });
  });
});
