import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from './cluster.ts';
import { clusterFolders } from './folders.ts';
import { addresses, nodeName } from './network.ts';
import { pauseImage } from './system-images.ts';

const kubeconfig = (cluster: Cluster, certificate: string, server: string): string => {
  const { certificates } = clusterFolders(cluster.name);
  const base64 = (file: string) => readFileSync(join(certificates, file)).toString('base64');
  const { name } = cluster;
  // JSON is YAML.
  return JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': name,
      clusters: [{ name, cluster: { server, 'certificate-authority-data': base64('ca.crt') } }],
      contexts: [{ name, context: { cluster: name, user: name } }],
      users: [
        {
          name,
          user: {
            'client-certificate-data': base64(`${certificate}.crt`),
            'client-key-data': base64(`${certificate}.key`),
          },
        },
      ],
    },
    undefined,
    2,
  );
};

const containerdConfig = (cluster: Cluster): string => {
  const folders = clusterFolders(cluster.name);
  return `version = 2
root = "${folders.containerd}"
state = "${join(folders.run, 'containerd')}"

[grpc]
  address = "${folders.containerdSocket}"

[plugins."io.containerd.internal.v1.opt"]
  path = "${join(folders.containerd, 'opt')}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  # Without it a sandbox dies with "can't get final child's PID from pipe: EOF" where our own score may not be lowered.
  restrict_oom_score_adj = true
  # Below our own folder, so that "down" finds all of them and none of anyone else's.
  netns_mounts_under_state_dir = true

  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"

      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${join(folders.config, 'cni')}"
`;
};

const cniConfig = (cluster: Cluster) => ({
  cniVersion: '0.4.0',
  name: clusterFolders(cluster.name).cgroup,
  plugins: [
    {
      type: 'bridge',
      bridge: 'pods0',
      isGateway: true,
      hairpinMode: true,
      ipMasq: false,
      ipam: {
        type: 'host-local',
        ranges: [[{ subnet: addresses.pods }]],
        routes: [{ dst: '0.0.0.0/0' }],
        dataDir: join(clusterFolders(cluster.name).run, 'cni'),
      },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
});

const kubeletConfig = (cluster: Cluster) => {
  const folders = clusterFolders(cluster.name);
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: join(folders.certificates, 'ca.crt') },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: join(folders.certificates, 'kubelet.crt'),
    tlsPrivateKeyFile: join(folders.certificates, 'kubelet.key'),
    containerRuntimeEndpoint: `unix://${folders.containerdSocket}`,
    cgroupDriver: 'cgroupfs',
    // Two kubelets below one root would each remove the other's pods.
    cgroupRoot: `/${folders.cgroup}`,
    failCgroupV1: false,
    failSwapOn: false,
    clusterDNS: [addresses.dns],
    clusterDomain: 'cluster.local',
    resolvConf: join(folders.config, 'resolv.conf'),
    podLogsDir: join(folders.state, 'pods'),
    volumePluginDir: join(folders.kubelet, 'volume-plugins'),
    // A Secret that has changed is in the volumes of running pods after this; a minute is the default.
    syncFrequency: '10s',
    // The disk is shared with everything else on this machine: its filling up is no reason to evict a pod.
    evictionHard: { 'imagefs.available': '0%', 'nodefs.available': '0%', 'nodefs.inodesFree': '0%' },
    imageGCHighThresholdPercent: 100,
  };
};

const proxyConfig = (cluster: Cluster) => ({
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  mode: 'iptables',
  clientConnection: { kubeconfig: join(clusterFolders(cluster.name).config, 'kube-proxy.kubeconfig') },
  hostnameOverride: nodeName(cluster.name),
  clusterCIDR: addresses.pods,
  // These limits are the whole machine's; leave them as they are.
  conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
});

/** Writes what the components read. The same input gives the same files. */
export const writeConfigFiles = (cluster: Cluster): void => {
  const folders = clusterFolders(cluster.name);
  mkdirSync(join(folders.config, 'cni'), { recursive: true });
  const write = (file: string, content: string | object) =>
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, undefined, 2), {
      mode: 0o600,
    });
  write(folders.kubeconfig, kubeconfig(cluster, 'admin', `https://127.0.0.1:${cluster.ports.api}`));
  if (!cluster.hasNode) return;

  const inConfig = (file: string) => join(folders.config, file);
  const users = {
    'kube-controller-manager': 'kube-controller-manager',
    'kube-scheduler': 'kube-scheduler',
    'kube-proxy': 'kube-proxy',
    kubelet: 'kubelet-client',
    volumes: 'admin',
  };
  for (const [user, certificate] of Object.entries(users)) {
    write(inConfig(`${user}.kubeconfig`), kubeconfig(cluster, certificate, 'https://127.0.0.1:6443'));
  }
  write(inConfig('containerd.toml'), containerdConfig(cluster));
  write(inConfig('cni/10-bridge.conflist'), cniConfig(cluster));
  write(inConfig('kubelet.yaml'), kubeletConfig(cluster));
  write(inConfig('kube-proxy.yaml'), proxyConfig(cluster));
  write(inConfig('resolv.conf'), `nameserver ${addresses.dns}\n`);
};
