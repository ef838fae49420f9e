import type { SchemaName } from './schemas.ts';

interface Body {
  readonly schema: SchemaName;
  readonly examples: Readonly<Record<string, unknown>>;
}

const record = JSON.stringify({
  type: 'record',
  name: 'Order',
  fields: [{ name: 'id', type: 'string' }],
});
const object = JSON.stringify({
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  properties: { id: { type: 'string' } },
});
const message = 'syntax = "proto3";\nmessage Order { string id = 1; }\n';

const schemasOfEachType = {
  avro: { schema: record },
  json: { schemaType: 'JSON', schema: object },
  protobuf: { schemaType: 'PROTOBUF', schema: message },
};

/** What requests carry. */
export const bodies = {
  registration: {
    schema: 'Registration',
    examples: {
      ...schemasOfEachType,
      contract: {
        schema: record,
        metadata: { properties: { owner: 'orders-team' }, tags: { '**.id': ['PII'] } },
        ruleSet: {
          domainRules: [
            { name: 'hasId', kind: 'CONDITION', mode: 'WRITE', type: 'CEL', expr: 'size(message.id) > 0' },
          ],
        },
      },
    },
  },
  sentSchema: { schema: 'SentSchema', examples: schemasOfEachType },
  tagChange: {
    schema: 'TagChange',
    examples: {
      tag: {
        tagsToAdd: [{ schemaEntity: { entityPath: 'Order.id', entityType: 'sr_field' }, tags: ['PII'] }],
      },
    },
  },
  configChange: {
    schema: 'ConfigChange',
    examples: {
      level: { compatibility: 'FULL' },
      normalized: { normalize: true },
      cleared: { compatibility: null },
    },
  },
  renderRequest: {
    schema: 'RenderRequest',
    examples: {
      answer: {
        profile: 'openai-responses',
        name: 'weather',
        schema: {
          type: 'object',
          properties: { city: { type: 'string', minLength: 2 }, degrees: { type: 'number' } },
          required: ['city'],
        },
      },
      tools: {
        profile: 'anthropic',
        tools: [
          {
            name: 'get_weather',
            description: 'The weather in a city, now.',
            inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
          },
        ],
      },
    },
  },
  modeChange: {
    schema: 'ModeChange',
    examples: { open: { mode: 'READWRITE' }, cleared: { mode: null } },
  },
} as const satisfies Record<string, Body>;

export type BodyName = keyof typeof bodies;
