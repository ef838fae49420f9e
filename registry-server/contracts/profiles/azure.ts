import type { Profile } from '../profile.ts';
import { openaiChat, openaiSchema } from './openai-chat.ts';

/** Microsoft's page still has the limits that OpenAI had until July 2025, and takes no bounds, patterns or formats. */
export const azure: Profile = {
  ...openaiChat,
  name: 'azure',
  provider: 'Azure OpenAI',
  source: [
    'MicrosoftDocs/azure-ai-docs articles/foundry/openai/how-to/structured-outputs.md, as of December 2025',
  ],
  schema: { ...openaiSchema, keywords: ['title', 'description'], formats: [] },
  limits: [
    { measure: 'properties', most: 100, per: 'schema' },
    { measure: 'depth', most: 5, per: 'schema' },
    { measure: 'enumValues', most: 500, per: 'schema' },
    { measure: 'enumCharacters', most: 7_500, per: 'schema' },
    { measure: 'characters', most: 15_000, per: 'schema' },
  ],
};
