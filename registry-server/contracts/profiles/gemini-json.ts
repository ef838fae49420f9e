import type { Profile } from '../profile.ts';

export const geminiJson: Profile = {
  name: 'gemini-json',
  provider: 'Google Gemini',
  asOf: '2026-11-26',
  source: [
    'js-genai src/types.ts, responseJsonSchema and parametersJsonSchema',
    'pydantic-ai profiles/google.py (what arrives unenforced)',
  ],
  schema: {
    optional: 'keep',
    closing: 'keep',
    maps: 'keep',
    anything: 'keep',
    tuples: 'keep',
    nullable: 'type-list',
    refs: 'keep',
    recursion: 'optional',
    const: 'enum',
    enums: 'primitives',
    typeOfEnum: 'keep',
    keywords: [
      'title',
      'description',
      'format',
      'minimum',
      'maximum',
      'minItems',
      'maxItems',
      'propertyOrdering',
    ],
    formats: ['date-time', 'date', 'time'],
  },
  root: 'any',
  toolName: {
    pattern: '[a-zA-Z_][a-zA-Z0-9_.:-]*',
    says: 'a letter or _, then letters, digits, _ . : and -',
    maxLength: 128,
  },
  // Google publishes no numbers: a schema may have "too many states for serving".
  limits: [],
  envelope: {
    output: {
      generationConfig: { responseMimeType: 'application/json', responseJsonSchema: '$schema' },
    },
    tools: { tools: [{ functionDeclarations: '$tools' }] },
    tool: { name: '$name', description: '$description', parametersJsonSchema: '$schema' },
  },
};
