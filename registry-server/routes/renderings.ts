import { RegistryError } from '../errors.ts';
import { readBodyText } from '../middleware/read-body.ts';
import { ref } from '../openapi/schemas.ts';
import { type Resource, route } from './route.ts';

export const renderings: Resource = {
  name: 'Renderings',
  description: 'Schemas as the providers of models take them.',
  isInContexts: false,
  routes: [
    route('POST', '/api/v1/render', {
      id: 'render',
      summary: 'Render a schema, or a set of tools, for a provider',
      description:
        'The order of properties is kept. What the provider will not enforce is listed, and where the shape had to change, so is how to change it back.',
      needs: 'reader',
      body: 'renderRequest',
      reply: { description: 'What to send, and what is to be known of it.', schema: ref('Renderings') },
      errors: ['INVALID_SCHEMA', 'SCHEMA_TOO_LARGE'],
      async handle(ctx, { parser, maxBodyBytes, maxSchemaBytes }) {
        const text = await readBodyText(ctx, maxBodyBytes);
        const bytes = Buffer.byteLength(text);
        if (bytes > maxSchemaBytes) {
          const detail = `${bytes} bytes, at most ${maxSchemaBytes} are allowed for all schemas of a request`;
          throw new RegistryError('SCHEMA_TOO_LARGE', { detail });
        }
        ctx.body = Buffer.from(await parser.render(text));
      },
    }),
  ],
};
