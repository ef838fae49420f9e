import type { Profile } from '../profile.ts';

/** For models that take a schema as it is, and for those whose provider says nothing of keywords. */
export const plain: Profile = {
  name: 'plain',
  provider: 'none',
  asOf: '2026-11-26',
  source: ['JSON Schema, draft 2020-12'],
  schema: 'whole',
  root: 'any',
  toolName: { pattern: '[^]+', says: 'any character', maxLength: 1_024 },
  limits: [],
  envelope: {
    output: { name: '$name', description: '$description', schema: '$schema' },
    tools: { tools: '$tools' },
    tool: { name: '$name', description: '$description', schema: '$schema' },
  },
};
