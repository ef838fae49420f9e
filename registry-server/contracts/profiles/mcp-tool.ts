import type { Profile } from '../profile.ts';

export const mcpTool: Profile = {
  name: 'mcp-tool',
  provider: 'Model Context Protocol',
  asOf: '2026-11-26',
  source: ['modelcontextprotocol schema/2026-07-28/schema.ts, Tool'],
  schema: 'whole',
  root: 'object',
  toolName: { pattern: '[A-Za-z0-9_.-]+', says: 'letters, digits, _ . and -', maxLength: 128 },
  limits: [],
  envelope: {
    tools: { tools: '$tools' },
    tool: {
      name: '$name',
      title: '$title',
      description: '$description',
      inputSchema: '$schema',
      outputSchema: '$outputSchema',
      annotations: '$annotations',
    },
  },
};
