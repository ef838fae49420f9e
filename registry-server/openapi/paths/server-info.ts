import type { Resource } from '../operation.ts';
import { ref } from '../schemas.ts';

export const serverInfo: Resource = {
  name: 'Server',
  description: 'What answers.',
  isInContexts: false,
  operations: [
    {
      id: 'getRoot',
      method: 'get',
      path: '/',
      summary: 'See that a registry answers',
      reply: { description: 'An empty object.', schema: ref('Nothing'), example: {} },
    },
    {
      id: 'postRoot',
      method: 'post',
      path: '/',
      summary: 'See that a registry answers',
      reply: { description: 'An empty object.', schema: ref('Nothing'), example: {} },
    },
    {
      id: 'getClusterId',
      method: 'get',
      path: '/v1/metadata/id',
      summary: 'Get the names of the clusters',
      reply: { description: 'We belong to no Kafka cluster.', schema: ref('ClusterId') },
    },
    {
      id: 'getServerVersion',
      method: 'get',
      path: '/v1/metadata/version',
      summary: 'Get the version of the server',
      reply: { description: 'The version.', schema: ref('ServerVersion') },
    },
    {
      id: 'getDeployment',
      method: 'get',
      path: '/v1/metadata/deployment',
      summary: 'Get what is known of the deployment',
      reply: { description: 'Its attributes.', schema: ref('Deployment'), example: { attributes: [] } },
    },
    {
      id: 'getDocument',
      method: 'get',
      path: '/openapi.json',
      summary: 'Get this document',
      reply: { description: 'OpenAPI 3.1.', schema: { type: 'object' }, mediaType: 'application/json' },
    },
  ],
};
