import { ref } from '../openapi/schemas.ts';
import { version } from '../version.ts';
import { type Resource, route } from './route.ts';

const emptyObject = { description: 'An empty object.', schema: ref('Nothing'), example: {} };

export const serverInfo: Resource = {
  name: 'Server',
  description: 'What answers.',
  isInContexts: false,
  routes: [
    route('GET', '/', {
      id: 'getRoot',
      summary: 'See that a registry answers',
      needs: 'open',
      reply: emptyObject,
      handle(ctx) {
        ctx.body = {};
      },
    }),

    route('POST', '/', {
      id: 'postRoot',
      summary: 'See that a registry answers',
      needs: 'open',
      reply: emptyObject,
      handle(ctx) {
        ctx.body = {};
      },
    }),

    route('GET', '/v1/metadata/id', {
      id: 'getClusterId',
      summary: 'Get the names of the clusters',
      needs: 'reader',
      reply: { description: 'We belong to no Kafka cluster.', schema: ref('ClusterId') },
      handle(ctx) {
        // Clients only want the keys to be there.
        const clusters = { 'kafka-cluster': 'none', 'schema-registry-cluster': 'schema-registry' };
        ctx.body = { id: '', scope: { path: [], clusters } };
      },
    }),

    route('GET', '/v1/metadata/version', {
      id: 'getServerVersion',
      summary: 'Get the version of the server',
      needs: 'reader',
      reply: { description: 'The version.', schema: ref('ServerVersion') },
      handle(ctx) {
        ctx.body = { version, commitId: '' };
      },
    }),

    route('GET', '/v1/metadata/deployment', {
      id: 'getDeployment',
      summary: 'Get what is known of the deployment',
      needs: 'reader',
      reply: { description: 'Its attributes.', schema: ref('Deployment'), example: { attributes: [] } },
      handle(ctx) {
        ctx.body = { attributes: ['deployment-scope:self-managed'] };
      },
    }),

    route('GET', '/openapi.json', {
      id: 'getDocument',
      summary: 'Get this document',
      // Clients find out from it which credentials they need.
      needs: 'open',
      reply: { description: 'OpenAPI 3.1.', schema: { type: 'object' }, mediaType: 'application/json' },
      handle(ctx, _registry, { document }) {
        ctx.set('Content-Type', 'application/json');
        ctx.body = document();
      },
    }),
  ],
};
