import type { Profile } from '../profile.ts';
import { geminiJson } from './gemini-json.ts';

/** The form of OpenAPI 3.0 that came first. */
export const geminiOpenapi: Profile = {
  ...geminiJson,
  name: 'gemini-openapi',
  source: [
    'js-genai src/types.ts, Schema',
    'google-genai 3.6.1 types.Schema.from_json_schema (what it refuses)',
  ],
  schema: {
    optional: 'keep',
    closing: 'drop',
    maps: 'pairs',
    anything: 'json-text',
    tuples: 'numbered',
    nullable: 'keyword',
    refs: 'inline',
    recursion: 'refuse',
    const: 'enum',
    enums: 'strings',
    typeOfEnum: 'keep',
    keywords: [
      'description',
      'format',
      'minimum',
      'maximum',
      'minLength',
      'maxLength',
      'pattern',
      'minItems',
      'maxItems',
      'propertyOrdering',
      'nullable',
    ],
    formats: 'any',
  },
  envelope: {
    output: {
      generationConfig: { responseMimeType: 'application/json', responseSchema: '$schema' },
    },
    tools: { tools: [{ functionDeclarations: '$tools' }] },
    tool: { name: '$name', description: '$description', parameters: '$schema' },
  },
};
