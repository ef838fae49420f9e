import { join } from 'node:path';
import type { Cluster } from './cluster.ts';
import { clusterFolders } from './folders.ts';
import { addresses, inside, nodeName } from './network.ts';

/** One process of a cluster. The supervisor starts it and starts it again. */
export type Component = {
  readonly name: string;
  readonly command: readonly string[];
  /** What must answer before this one is started; without it a start would only fail and be repeated. */
  readonly after: readonly ('containerd' | 'kube-apiserver')[];
};

const etcd = (cluster: Cluster): Component => {
  const folders = clusterFolders(cluster.name);
  const client = `http://127.0.0.1:${cluster.ports.etcd}`;
  const peer = `http://127.0.0.1:${cluster.ports.etcdPeer}`;
  return {
    name: 'etcd',
    after: [],
    command: [
      join(cluster.binaries, 'etcd'),
      `--data-dir=${folders.etcd}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      // A throw-away cluster: a power cut may cost it its data, and nothing waits for the disk.
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
  };
};

const apiServer = (cluster: Cluster): Component => {
  const { certificates } = clusterFolders(cluster.name);
  const pki = (file: string) => join(certificates, file);
  const node = cluster.hasNode
    ? [
        '--bind-address=0.0.0.0',
        `--advertise-address=${addresses.node}`,
        `--kubelet-certificate-authority=${pki('ca.crt')}`,
        `--kubelet-client-certificate=${pki('apiserver-to-kubelet.crt')}`,
        `--kubelet-client-key=${pki('apiserver-to-kubelet.key')}`,
        // Else logs and exec look the node's name up in DNS.
        '--kubelet-preferred-address-types=InternalIP',
        '--enable-aggregator-routing=true',
      ]
    : // No pod will look for it, and loopback is no address to announce.
      ['--bind-address=127.0.0.1', '--advertise-address=127.0.0.1', '--endpoint-reconciler-type=none'];
  return {
    name: 'kube-apiserver',
    after: [],
    command: [
      join(cluster.binaries, 'kube-apiserver'),
      `--secure-port=${cluster.ports.api}`,
      ...node,
      `--etcd-servers=http://127.0.0.1:${cluster.ports.etcd}`,
      `--tls-cert-file=${pki('kube-apiserver.crt')}`,
      `--tls-private-key-file=${pki('kube-apiserver.key')}`,
      `--client-ca-file=${pki('ca.crt')}`,
      `--service-cluster-ip-range=${addresses.services}`,
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-account-key-file=${pki('service-accounts.pub')}`,
      `--service-account-signing-key-file=${pki('service-accounts.key')}`,
      '--authorization-mode=Node,RBAC',
      // Without a controller manager no namespace gets its default ServiceAccount, and no pod could be created.
      `--enable-admission-plugins=${cluster.hasNode ? 'NodeRestriction' : ''}`,
      `--disable-admission-plugins=${cluster.hasNode ? '' : 'ServiceAccount'}`,
      // Aggregated APIs such as metrics.k8s.io are called in the caller's name.
      `--requestheader-client-ca-file=${pki('front-proxy-ca.crt')}`,
      '--requestheader-allowed-names=front-proxy-client',
      '--requestheader-username-headers=X-Remote-User',
      '--requestheader-group-headers=X-Remote-Group',
      '--requestheader-extra-headers-prefix=X-Remote-Extra-',
      `--proxy-client-cert-file=${pki('front-proxy.crt')}`,
      `--proxy-client-key-file=${pki('front-proxy.key')}`,
      '--allow-privileged=true',
    ].filter((flag) => !flag.endsWith('-plugins=')),
  };
};

/** Their limits protect an API server that others need as well. */
const unhurried = ['--kube-api-qps=500', '--kube-api-burst=1000'];

const controllerManager = (cluster: Cluster): Component => {
  const { certificates, config } = clusterFolders(cluster.name);
  const kubeconfig = join(config, 'kube-controller-manager.kubeconfig');
  return {
    name: 'kube-controller-manager',
    after: ['kube-apiserver'],
    command: [
      join(cluster.binaries, 'kube-controller-manager'),
      `--kubeconfig=${kubeconfig}`,
      `--authentication-kubeconfig=${kubeconfig}`,
      `--authorization-kubeconfig=${kubeconfig}`,
      `--root-ca-file=${join(certificates, 'ca.crt')}`,
      `--cluster-signing-cert-file=${join(certificates, 'ca.crt')}`,
      `--cluster-signing-key-file=${join(certificates, 'ca.key')}`,
      `--service-account-private-key-file=${join(certificates, 'service-accounts.key')}`,
      '--use-service-account-credentials=true',
      ...unhurried,
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
    ],
  };
};

const scheduler = (cluster: Cluster): Component => {
  const kubeconfig = join(clusterFolders(cluster.name).config, 'kube-scheduler.kubeconfig');
  return {
    name: 'kube-scheduler',
    after: ['kube-apiserver'],
    command: [
      join(cluster.binaries, 'kube-scheduler'),
      `--kubeconfig=${kubeconfig}`,
      `--authentication-kubeconfig=${kubeconfig}`,
      `--authorization-kubeconfig=${kubeconfig}`,
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      ...unhurried,
    ],
  };
};

const containerd = (cluster: Cluster): Component => ({
  name: 'containerd',
  after: [],
  command: ['containerd', '--config', join(clusterFolders(cluster.name).config, 'containerd.toml')],
});

const kubelet = (cluster: Cluster): Component => {
  const folders = clusterFolders(cluster.name);
  return {
    name: 'kubelet',
    after: ['containerd', 'kube-apiserver'],
    command: [
      join(cluster.binaries, 'kubelet'),
      `--config=${join(folders.config, 'kubelet.yaml')}`,
      `--kubeconfig=${join(folders.config, 'kubelet.kubeconfig')}`,
      `--root-dir=${folders.kubelet}`,
      `--hostname-override=${nodeName(cluster.name)}`,
      `--node-ip=${addresses.node}`,
    ],
  };
};

const proxy = (cluster: Cluster): Component => ({
  name: 'kube-proxy',
  after: ['kube-apiserver'],
  command: [
    join(cluster.binaries, 'kube-proxy'),
    `--config=${join(clusterFolders(cluster.name).config, 'kube-proxy.yaml')}`,
  ],
});

const volumes = (cluster: Cluster): Component => {
  const folders = clusterFolders(cluster.name);
  return {
    name: 'volumes',
    after: ['kube-apiserver'],
    command: [
      join(cluster.binaries, 'volumes'),
      `--kubeconfig=${join(folders.config, 'volumes.kubeconfig')}`,
      `--root=${folders.volumes}`,
    ],
  };
};

const relay = (cluster: Cluster, name: string, hostPort: number, target: string): Component => ({
  name,
  after: [],
  command: [
    join(cluster.binaries, 'relay'),
    `--netns=${clusterFolders(cluster.name).networkNamespace}`,
    `--listen=127.0.0.1:${hostPort}`,
    `--to=${target}`,
  ],
});

/** In the network of the node the API server has its usual port; the relay brings it out to `ports.api`. */
const nodePorts = { api: 6443, etcd: 2379, etcdPeer: 2380 } as const;

/** Every process of the cluster, in the order in which they are started. */
export const components = (cluster: Cluster): Component[] => {
  if (!cluster.hasNode) return [etcd(cluster), apiServer(cluster)];
  const folders = clusterFolders(cluster.name);
  const node = { ...cluster, ports: nodePorts };
  const parts = [etcd, containerd, apiServer, controllerManager, scheduler, kubelet, proxy, volumes];
  return [
    ...parts.map((part) => {
      const component = part(node);
      return { ...component, command: inside(folders, component.command) };
    }),
    // Outside: they listen on the host and only dial inside.
    relay(cluster, 'relay', cluster.ports.api, `127.0.0.1:${nodePorts.api}`),
    ...cluster.exposures.map(({ hostPort, target }) => relay(cluster, `relay-${hostPort}`, hostPort, target)),
  ];
};

/** The reverse of a start, save that the kubelet goes first: it would start again what is ended. */
export const stopOrder = (names: readonly string[]): string[] => {
  const last = ['containerd', 'kube-apiserver', 'etcd'];
  const rank = (name: string) => (name === 'kubelet' ? -1 : last.indexOf(name) + 1);
  return [...names].sort((a, b) => rank(a) - rank(b));
};
