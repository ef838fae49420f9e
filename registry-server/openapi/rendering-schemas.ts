import { profiles } from '../contracts/profiles/table.ts';
import { MAX_TOOLS } from '../contracts/render-request.ts';
import type { JsonSchema } from './json-schema.ts';

const text: JsonSchema = { type: 'string' };
const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items });
const path: JsonSchema = { ...text, description: 'A JSON Pointer into the schema that was sent.' };
const rule: JsonSchema = { ...text, description: 'The keyword, or the limit.' };
const name: JsonSchema = { type: 'string', minLength: 1, maxLength: 1024 };
const anySchema: JsonSchema = {
  description: 'A JSON Schema, or one as a text.',
  anyOf: [{ type: 'object' }, { type: 'boolean' }, { type: 'string' }],
};
const classes: JsonSchema = {
  enum: ['exact', 'relaxed', 'encoded', 'refused'],
  description:
    '`relaxed`: the provider will not enforce all rules. `encoded`: what comes back has another shape, and `decode` says which. `refused`: it cannot be sent.',
};

const tool: JsonSchema = {
  type: 'object',
  required: ['name', 'inputSchema'],
  properties: {
    name,
    title: text,
    description: text,
    inputSchema: anySchema,
    outputSchema: anySchema,
    annotations: { type: 'object' },
  },
};

const rendering: JsonSchema = {
  type: 'object',
  required: ['name', 'class', 'changes', 'notEnforced'],
  properties: {
    name: text,
    sentAs: { ...text, description: 'The name that the provider takes.' },
    class: classes,
    strict: { type: 'boolean', description: 'Whether the provider is asked to hold the model to it.' },
    changes: list({
      type: 'object',
      required: ['path', 'rule', 'change', 'why'],
      properties: { path, rule, change: { enum: ['added', 'dropped', 'moved', 'rewritten'] }, why: text },
    }),
    notEnforced: list({
      type: 'object',
      required: ['path', 'rule', 'value'],
      properties: { path, rule, value: { ...text, description: 'As JSON, cut at 200 characters.' } },
    }),
    refusals: list({
      type: 'object',
      required: ['path', 'rule', 'reason', 'right'],
      properties: { path, rule, reason: text, right: { ...text, description: 'What would be right.' } },
    }),
    omitted: { type: 'integer', description: 'How many notes found no room in the lists.' },
    decode: {
      type: 'object',
      description: 'How to turn what a model wrote into what the schema says.',
      required: ['root', 'entries'],
      properties: {
        unwrap: { ...text, description: 'The property that holds the whole.' },
        root: {
          ...text,
          description: 'The entry to begin with; where there is none, nothing is to be undone.',
        },
        entries: { type: 'object', additionalProperties: { type: 'object' } },
      },
    },
  },
};

/** What is asked of the renderer, and what it answers. */
export const renderingSchemas = {
  RenderRequest: {
    type: 'object',
    required: ['profile'],
    properties: {
      profile: { enum: profiles.map((profile) => profile.name) },
      schema: anySchema,
      name: { ...name, description: 'Of the schema.' },
      description: { ...text, description: 'Of the schema.' },
      tools: { ...list(tool), minItems: 1, maxItems: MAX_TOOLS },
    },
    oneOf: [{ required: ['schema'] }, { required: ['tools'] }],
  },
  Renderings: {
    type: 'object',
    required: ['profile', 'class', 'names', 'budget', 'renderings'],
    properties: {
      profile: {
        type: 'object',
        description: 'Whose rules were followed, and when they were read: providers change them.',
        required: ['name', 'provider', 'asOf', 'source'],
        properties: {
          name: text,
          provider: text,
          asOf: { type: 'string', format: 'date' },
          source: list(text),
        },
      },
      class: classes,
      body: { description: 'Ready to send. Tools that were refused are not in it.', type: 'object' },
      names: {
        type: 'object',
        description: 'For each name that is sent, the one that it stands for.',
        additionalProperties: text,
      },
      budget: list({
        type: 'object',
        required: ['measure', 'per', 'used', 'most'],
        properties: {
          measure: text,
          per: { enum: ['schema', 'request'] },
          used: { type: 'integer' },
          most: { type: 'integer' },
        },
      }),
      keepStrict: {
        ...list(text),
        description: 'Where the tools are more than the limits of a request: those that are sent as strict.',
      },
      renderings: list(rendering),
    },
  },
} as const satisfies Record<string, JsonSchema>;
