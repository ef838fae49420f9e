import type { Profile, SchemaRules } from '../profile.ts';

/** What Anthropic's structured outputs and strict tools take. */
export const anthropicSchema = {
  optional: 'keep',
  closing: 'false',
  maps: 'pairs',
  anything: 'json-text',
  tuples: 'numbered',
  nullable: 'any-of',
  refs: 'keep',
  recursion: 'refuse',
  const: 'keep',
  enums: 'primitives',
  // The SDK's transform takes it away, so that a schema which has it would not be sent as it was rendered.
  typeOfEnum: 'drop',
  // The service knows simple patterns and defaults; the SDK moves both into the description.
  keywords: ['title', 'description', 'format', 'minItems'],
  formats: ['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid'],
  mostMinItems: 1,
} as const satisfies SchemaRules;

export const anthropic: Profile = {
  name: 'anthropic',
  provider: 'Anthropic',
  asOf: '2026-11-26',
  source: [
    'platform.claude.com/docs/en/build-with-claude/structured-outputs (a stored copy)',
    'anthropic-sdk-typescript src/lib/transform-json-schema.ts, 1.14.0',
  ],
  schema: anthropicSchema,
  root: 'object',
  toolName: { pattern: '[a-zA-Z0-9_-]+', says: 'letters, digits, _ and -', maxLength: 64 },
  limits: [
    { measure: 'tools', most: 20, per: 'request' },
    { measure: 'optional', most: 24, per: 'request' },
    { measure: 'unions', most: 16, per: 'request' },
  ],
  envelope: {
    output: { output_config: { format: { type: 'json_schema', schema: '$schema' } } },
    tools: { tools: '$tools' },
    tool: { name: '$name', description: '$description', strict: '$strict', input_schema: '$schema' },
  },
};
