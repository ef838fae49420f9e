import { version } from '../version.ts';
import type { Route } from './route.ts';

export const serverInfo: Route = (router) => {
  router.get('/', (ctx) => {
    ctx.body = {};
  });
  router.post('/', (ctx) => {
    ctx.body = {};
  });

  router.get('/v1/metadata/id', (ctx) => {
    // We belong to no Kafka cluster; clients only want the keys to be there.
    const clusters = { 'kafka-cluster': 'none', 'schema-registry-cluster': 'schema-registry' };
    ctx.body = { id: '', scope: { path: [], clusters } };
  });

  router.get('/v1/metadata/deployment', (ctx) => {
    ctx.body = { attributes: ['deployment-scope:self-managed'] };
  });

  router.get('/v1/metadata/version', (ctx) => {
    ctx.body = { version, commitId: '' };
  });
};
