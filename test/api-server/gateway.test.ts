import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { Cluster } from '../../operator/kube/cluster.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import type { Spec } from '../../operator/registry.ts';
import { conditionOf, find, openApiServer, until } from '../build/api-server.ts';
import { aRegistryNamed, named } from '../build/children.ts';
import { goModule } from '../build/go-module.ts';
import { startOperatorProcess } from '../build/operator-process.ts';

const gatewayApi = { path: 'sigs.k8s.io/gateway-api', version: 'v1.6.3' };
const group = 'gateway.networking.k8s.io';

/** The kinds of its standard channel, as the Gateway API publishes them. */
function crds(): readonly KubeObject[] {
  const folder = join(goModule(gatewayApi.path, gatewayApi.version), 'config', 'crd', 'standard');
  return readdirSync(folder)
    .filter((file) => /_(httproutes|grpcroutes|backendtlspolicies)\.yaml$/.test(file))
    .map((file) => parse(readFileSync(join(folder, file), 'utf8')) as KubeObject);
}

describe('a registry behind a Gateway (its kinds at a real API server; a Gateway of nobody)', function () {
  this.timeout(120_000);
  let server: Awaited<ReturnType<typeof openApiServer>>;
  let cluster: Cluster;
  let operator: Awaited<ReturnType<typeof startOperatorProcess>>;

  before(async function () {
    this.timeout(30 * 60_000); // The first build of the binaries.
    server = await openApiServer();
    cluster = server.cluster;
    operator = await startOperatorProcess(readFileSync(process.env.KUBECONFIG ?? '', 'utf8'), 'one');
  });
  after(async () => {
    await operator?.stop();
    await server?.close();
  });

  const name = 'routed';
  const gateway: NonNullable<Spec['gateway']> = {
    parentRefs: [{ name: 'public', namespace: 'gateways' }],
    hostnames: ['registry.example.com'],
    grpc: { hostnames: ['registry-grpc.example.com'] },
  };
  const registry = (spec: object) => aRegistryNamed(name, spec as Spec);
  const route = (kind: string, routeName: string) => named(`${group}/v1`, kind, routeName, 'default');
  const http = route('HTTPRoute', name);
  const grpc = route('GRPCRoute', `${name}-grpc`);
  const policy = route('BackendTLSPolicy', name);
  const says = (status: string, reason: string, words: RegExp) =>
    until(
      `RoutesAccepted is ${status} ${reason}`,
      async () => {
        const found = conditionOf(await cluster.get(registry({})), 'RoutesAccepted');
        return found?.status === status && found.reason === reason && words.test(found.message);
      },
      60_000,
    );
  const accept = async (object: KubeObject, status: string, reason: string) => {
    const { metadata } = await cluster.get(object);
    const condition = {
      type: 'Accepted',
      status,
      reason,
      message: 'said by a controller',
      observedGeneration: metadata.generation,
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    const parent = {
      controllerName: 'example.com/gateway',
      parentRef: gateway.parentRefs[0],
      conditions: [condition],
    };
    const plural = `${object.kind.toLowerCase()}s`;
    await server.kubectl([
      ...['patch', `${plural}.${group}`, object.metadata.name, '-n', 'default', '--subresource=status'],
      ...['--type=merge', '-p', JSON.stringify({ status: { parents: [parent] } })],
    ]);
  };

  it('says that the cluster has no Gateway API, and makes all else', async () => {
    await cluster.apply(registry({ gateway }));
    await says('False', 'GatewayApiMissing', /no HTTPRoute .*install the Gateway API/);
    await until('its Deployment is there', () =>
      find(cluster, named('apps/v1', 'Deployment', name, 'default')),
    );
  });

  it('gets its routes once the Gateway API is installed', async () => {
    for (const crd of crds()) await cluster.apply(crd);
    const found = await until('the route is there', () => find(cluster, http), 90_000);
    expect((found.spec as { hostnames: unknown }).hostnames).to.deep.equal(['registry.example.com']);
    await until('the route of gRPC is there', () => find(cluster, grpc), 90_000);
    await says('Unknown', 'Starting', /HTTPRoute routed at Gateway gateways\/public/);
  });

  it('says what a Gateway makes of them', async () => {
    await accept(http, 'True', 'Accepted');
    await accept(grpc, 'False', 'NotAllowedByListeners');
    await says(
      'False',
      'RouteNotAccepted',
      /^GRPCRoute routed-grpc at Gateway gateways\/public: NotAllowedByListeners: said/,
    );
    await accept(grpc, 'True', 'Accepted');
    await says('True', 'Accepted', /every Gateway/);
  });

  it('writes nothing of the routes again, whatever the API server and the Gateway have added', async () => {
    const before = [await cluster.get(http), await cluster.get(grpc)];
    const runs = await operator.metric('controller_runtime_reconcile_total');
    await until(
      'it has looked several times',
      async () => (await operator.metric('controller_runtime_reconcile_total')) > runs + 3,
      60_000,
    );
    const after = [await cluster.get(http), await cluster.get(grpc)];
    expect(after.map(({ metadata }) => metadata.resourceVersion)).to.deep.equal(
      before.map(({ metadata }) => metadata.resourceVersion),
    );
  });

  it('tells the Gateway how to speak TLS once the server does', async () => {
    await cluster.apply(registry({ gateway, tls: { mode: 'Operator' } }));
    const found = await until('the policy is there', () => find(cluster, policy), 60_000);
    expect(JSON.stringify(found.spec)).to.include(`"hostname":"${name}.default.svc"`);
    await until('the route leads to the port of TLS', async () =>
      JSON.stringify((await cluster.get(http)).spec).includes('"port":443'),
    );
  });

  it('takes back what somebody changes in a route', async () => {
    await server.kubectl([
      ...['patch', `httproutes.${group}`, name, '-n', 'default', '--type=merge', '-p'],
      '{"spec":{"hostnames":["elsewhere.example.com"]}}',
    ]);
    await until('the host is back', async () =>
      JSON.stringify((await cluster.get(http)).spec).includes('"registry.example.com"'),
    );
  });

  it('takes the routes away with spec.gateway', async () => {
    await cluster.apply(registry({ paused: false }));
    for (const object of [http, grpc, policy])
      await until(`${object.kind} is gone`, async () => (await find(cluster, object)) === undefined, 60_000);
    await says('True', 'Disabled', /names no Gateway/);
  });
});
