import { expect } from 'chai';
import { compareVersions } from '../../hack/cluster/binaries.ts';
import { checkSpace } from '../../hack/cluster/check-space.ts';
import type { Cluster } from '../../hack/cluster/cluster.ts';
import { components, stopOrder } from '../../hack/cluster/components.ts';
import { clusterFolders } from '../../hack/cluster/folders.ts';
import { imagesIn, loadedImages } from '../../hack/cluster/load-images.ts';
import { Problem } from '../../hack/cluster/problem.ts';
import { findProcess, isAlive, signalProcess } from '../../hack/cluster/processes.ts';
import type { Provider } from '../../hack/cluster/provider.ts';
import { chooseProvider } from '../../hack/cluster/providers.ts';
import { restartDelayMs } from '../../hack/cluster/restart-delay.ts';
import { missingTools } from '../../hack/cluster/tools.ts';
import { kubectlCommand, nextSteps } from '../../hack/next-steps.ts';
import packageJson from '../../package.json' with { type: 'json' };

const aCluster = (given: Partial<Cluster> = {}): Cluster => ({
  name: 'test',
  hasNode: true,
  ports: { api: 40001, etcd: 40002, etcdPeer: 40003 },
  exposures: [],
  binaries: '/cache/bin/node',
  ...given,
});

const aProvider = (against?: string): Provider => ({
  whyNot: async () => against,
  up: async () => ({ name: 'test', kubeconfigPath: '', server: '', kubectlPath: '' }),
  down: async () => undefined,
  buildImages: async () => [],
  loadImages: async () => undefined,
  expose: async () => ({ address: '' }),
});

const commandOf = (cluster: Cluster, name: string) =>
  components(cluster).find((component) => component.name === name)?.command ?? [];

describe('the parts of a local cluster', () => {
  it('are etcd and the API server alone, on loopback, without a node', () => {
    const cluster = aCluster({ hasNode: false });
    expect(components(cluster).map(({ name }) => name)).to.deep.equal(['etcd', 'kube-apiserver']);
    expect(commandOf(cluster, 'kube-apiserver')).to.include.members([
      '--bind-address=127.0.0.1',
      '--secure-port=40001',
    ]);
    expect(commandOf(cluster, 'etcd')[0]).to.equal('/cache/bin/node/etcd');
  });

  it('run in the network of their node, save the relays, which listen on the host', () => {
    const cluster = aCluster({ exposures: [{ hostPort: 8080, target: '10.96.0.20:80' }] });
    const outside = components(cluster).filter(({ command }) => command[0] !== 'nsenter');
    expect(outside.map(({ name }) => name)).to.deep.equal(['relay', 'relay-8080']);
    expect(commandOf(cluster, 'relay-8080')).to.include.members([
      '--listen=127.0.0.1:8080',
      '--to=10.96.0.20:80',
    ]);
    for (const { command } of outside) expect(command.join(' ')).to.contain('--listen=127.0.0.1:');
  });

  it('stop with the kubelet first and etcd last', () => {
    const order = stopOrder(components(aCluster()).map(({ name }) => name));
    expect(order[0]).to.equal('kubelet');
    expect(order.slice(-3)).to.deep.equal(['containerd', 'kube-apiserver', 'etcd']);
  });

  it('are started again at once after a first failure, and at most every 10 s after many', () => {
    expect(restartDelayMs(1)).to.equal(100);
    expect(restartDelayMs(3)).to.equal(400);
    expect(restartDelayMs(50)).to.equal(10_000);
  });
});

describe('a process record', () => {
  it('stands for one process, not for its number', () => {
    const own = findProcess(process.pid);
    expect(isAlive(own)).to.equal(true);
    const earlier = { pid: process.pid, begun: 'another boot/1' };
    expect(isAlive(earlier)).to.equal(false);
    expect(signalProcess(earlier, 'SIGKILL')).to.equal(false);
  });
});

describe('versions of Go', () => {
  for (const [older, newer] of [
    ['1.9', '1.26.4'],
    ['1.26.4', '1.26.8'],
    ['1.24.0', '1.25'],
  ] as const) {
    it(`has ${older} before ${newer}`, () => {
      expect(compareVersions(older, newer)).to.be.below(0);
      expect(compareVersions(newer, older)).to.be.above(0);
      expect(compareVersions(newer, newer)).to.equal(0);
    });
  }
});

describe('what a machine must have', () => {
  it('is said with its place and its amount when the disk is too small', () => {
    const check = () => checkSpace('/tmp', 1e18, 'Building images');
    expect(check).to.throw(
      Problem,
      /^Building images needs 931322574\.6 GiB below \/tmp, where [\d.]+ GiB are free\.$/,
    );
  });

  it('is looked for on PATH', () => {
    const path = process.env.PATH;
    try {
      process.env.PATH = '/nowhere';
      expect(missingTools(['containerd', 'buildah'])).to.deep.equal(['containerd', 'buildah']);
    } finally {
      process.env.PATH = path;
    }
  });
});

describe('loading images', () => {
  it('finds names in what buildah and in what our packer write', () => {
    const found = imagesIn({
      manifests: [
        { digest: 'sha256:a', annotations: { 'org.opencontainers.image.ref.name': 'ghcr.io/x/operator:1' } },
        { digest: 'sha256:b', annotations: { 'io.containerd.image.name': 'localhost/x/redis:7' } },
      ],
    });
    expect([...found]).to.deep.equal([
      ['ghcr.io/x/operator:1', 'sha256:a'],
      ['localhost/x/redis:7', 'sha256:b'],
    ]);
  });

  it('reads the list of containerd', () => {
    const list =
      'REF TYPE DIGEST SIZE\nlocalhost/x/redis:7 application/vnd.oci sha256:b 18.0 MiB linux/amd64 -\n';
    expect(loadedImages(list).get('localhost/x/redis:7')).to.equal('sha256:b');
  });
});

describe('the choice of a cluster', () => {
  const noContext = aProvider('no --context was given');

  it('takes kind where it works', async () => {
    const { name } = await chooseProvider({}, { context: noContext, kind: aProvider(), local: aProvider() });
    expect(name).to.equal('kind');
  });

  it('takes the local cluster elsewhere, and says why', async () => {
    const kind = aProvider('neither Docker nor Podman is running');
    const { name, reason } = await chooseProvider({}, { context: noContext, kind, local: aProvider() });
    expect({ name, reason }).to.deep.equal({
      name: 'local',
      reason: 'kind: neither Docker nor Podman is running',
    });
  });

  it("takes the user's own cluster only when told to", async () => {
    const table = { context: aProvider(), kind: aProvider(), local: aProvider() };
    expect((await chooseProvider({ context: 'prod' }, table)).name).to.equal('context');
    expect((await chooseProvider({}, { ...table, context: noContext })).name).to.equal('kind');
  });

  it('says of each why it cannot be had', async () => {
    const table = { context: noContext, kind: aProvider('no engine'), local: aProvider('no root') };
    const error = await chooseProvider({}, table).catch((thrown) => thrown);
    expect(error.message).to.equal(
      'No cluster can be had. context: no --context was given; kind: no engine; local: no root.',
    );
  });
});

describe('the folders of a cluster', () => {
  it('leave room for sockets, however long the path of the home folder and the name are', () => {
    // What the kubelet and containerd add, with their longest random names. A socket's path has 107 characters at most.
    const { kubelet, containerdSocket } = clusterFolders('a'.repeat(40));
    expect(`${kubelet}/pod-resources/4294967295`.length).to.be.at.most(107);
    expect(`${containerdSocket}.ttrpc`.length).to.be.at.most(107);
  });
});

describe('what npm start proposes', () => {
  it('are commands that one can type, and that npm has', () => {
    const text = nextSteps('http://127.0.0.1:8081', kubectlCommand(undefined));
    for (const line of text.split('\n')) expect(line.length, line).to.be.below(80);
    expect(text).to.include('npm run -s kubectl -- describe sr sample');
    expect(packageJson.scripts).to.have.property('kubectl');
  });

  it('name the context of a cluster that the user has', () =>
    expect(nextSteps('http://127.0.0.1:8081', kubectlCommand('mine'))).to.include(
      'kubectl --context mine explain sr.spec',
    ));
});
