import type { Profile } from '../profile.ts';
import { openaiChat } from './openai-chat.ts';

export const openaiResponses: Profile = {
  ...openaiChat,
  name: 'openai-responses',
  envelope: {
    output: {
      text: {
        format: {
          type: 'json_schema',
          name: '$name',
          description: '$description',
          strict: '$strict',
          schema: '$schema',
        },
      },
    },
    tools: { tools: '$tools' },
    tool: {
      type: 'function',
      name: '$name',
      description: '$description',
      strict: '$strict',
      parameters: '$schema',
    },
  },
};
