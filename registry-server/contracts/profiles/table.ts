import type { Profile } from '../profile.ts';
import { anthropic } from './anthropic.ts';
import { azure } from './azure.ts';
import { bedrockConverse } from './bedrock-converse.ts';
import { geminiJson } from './gemini-json.ts';
import { geminiOpenapi } from './gemini-openapi.ts';
import { mcpTool } from './mcp-tool.ts';
import { openaiChat } from './openai-chat.ts';
import { openaiResponses } from './openai-responses.ts';
import { plain } from './plain.ts';

export const profiles: readonly Profile[] = [
  openaiChat,
  openaiResponses,
  azure,
  anthropic,
  geminiJson,
  geminiOpenapi,
  bedrockConverse,
  mcpTool,
  plain,
];
