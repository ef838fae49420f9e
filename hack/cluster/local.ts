import { buildImages } from '../images/build-images.ts';
import { askApi } from './api.ts';
import { findCluster } from './cluster.ts';
import { down } from './down.ts';
import { expose } from './expose.ts';
import { loadImages } from './load-images.ts';
import { Problem } from './problem.ts';
import type { Provider } from './provider.ts';
import { isRoot } from './tools.ts';
import { up } from './up.ts';

/** Built from Go modules; needs neither a container engine nor a registry. */
export const local: Provider = {
  whyNot: async () => {
    if (process.platform !== 'linux') return 'it runs on Linux only';
    return isRoot() ? undefined : 'it needs root; run this with sudo';
  },
  up,
  down,
  buildImages,
  loadImages,
  expose: async ({ name }, { namespace, service, port, hostPort }) => {
    const cluster = findCluster(name);
    const found = cluster && (await askApi(cluster, `/api/v1/namespaces/${namespace}/services/${service}`));
    if (!found) throw new Problem(`There is no Service ${namespace}/${service} in cluster ${name}.`);
    const target = `${JSON.parse(found).spec.clusterIP}:${port}`;
    return { address: `127.0.0.1:${await expose(name, { hostPort, target })}` };
  },
};
