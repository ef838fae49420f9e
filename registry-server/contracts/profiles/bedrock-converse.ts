import type { Profile } from '../profile.ts';
import { anthropicSchema } from './anthropic.ts';

/** The list of keywords was in no source that could be read; for Claude's models it is the compiler of Anthropic. */
export const bedrockConverse: Profile = {
  name: 'bedrock-converse',
  provider: 'Amazon Bedrock',
  asOf: '2026-11-26',
  source: [
    'botocore service model bedrock-runtime (envelope and names)',
    'the rules of Anthropic, not verified for Bedrock (keywords and limits)',
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
    output: {
      outputConfig: {
        textFormat: {
          type: 'json_schema',
          structure: {
            jsonSchema: { schema: '$schemaText', name: '$name', description: '$description' },
          },
        },
      },
    },
    tools: { toolConfig: { tools: '$tools' } },
    tool: {
      toolSpec: {
        name: '$name',
        description: '$description',
        strict: '$strict',
        inputSchema: { json: '$schema' },
      },
    },
  },
};
