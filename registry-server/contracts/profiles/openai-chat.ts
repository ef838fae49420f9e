import type { Profile, SchemaRules } from '../profile.ts';

/** What OpenAI's strict mode takes, in each of its APIs. */
export const openaiSchema = {
  optional: 'null',
  closing: 'false',
  maps: 'pairs',
  anything: 'json-text',
  tuples: 'numbered',
  nullable: 'type-list',
  refs: 'keep',
  recursion: 'keep',
  const: 'keep',
  enums: 'primitives',
  typeOfEnum: 'keep',
  // The documentation does not list minLength and maxLength, and fine-tuned models refuse them.
  keywords: [
    'title',
    'description',
    'minimum',
    'maximum',
    'exclusiveMinimum',
    'exclusiveMaximum',
    'multipleOf',
    'pattern',
    'format',
    'minItems',
    'maxItems',
  ],
  formats: ['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid'],
  patterns: 'simple',
} as const satisfies SchemaRules;

export const openaiChat: Profile = {
  name: 'openai-chat',
  provider: 'OpenAI',
  asOf: '2026-11-26',
  source: [
    'developers.openai.com/api/docs/guides/structured-outputs, "Supported schemas" (a stored copy)',
    'openai-node src/lib/transform.ts, 7.57.0',
  ],
  schema: openaiSchema,
  root: 'object-without-union',
  toolName: { pattern: '[a-zA-Z0-9_-]+', says: 'letters, digits, _ and -', maxLength: 64 },
  limits: [
    { measure: 'properties', most: 5_000, per: 'schema' },
    { measure: 'depth', most: 10, per: 'schema' },
    { measure: 'enumValues', most: 1_000, per: 'schema' },
    { measure: 'enumCharacters', most: 15_000, per: 'schema' },
    { measure: 'characters', most: 120_000, per: 'schema' },
  ],
  envelope: {
    output: {
      response_format: {
        type: 'json_schema',
        json_schema: { name: '$name', description: '$description', strict: '$strict', schema: '$schema' },
      },
    },
    tools: { tools: '$tools' },
    tool: {
      type: 'function',
      function: { name: '$name', description: '$description', strict: '$strict', parameters: '$schema' },
    },
  },
};
