import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addresses, nodeName } from './network.ts';
import { run } from './run.ts';

type Certificate = {
  readonly subject: string;
  readonly usage: 'serverAuth' | 'clientAuth';
  readonly names?: readonly string[];
};

const certificates = (cluster: string): Record<string, Certificate> => ({
  'kube-apiserver': {
    subject: '/CN=kube-apiserver',
    usage: 'serverAuth',
    names: [
      'DNS:localhost',
      'DNS:kubernetes',
      'DNS:kubernetes.default',
      'DNS:kubernetes.default.svc',
      'DNS:kubernetes.default.svc.cluster.local',
      'IP:127.0.0.1',
      `IP:${addresses.node}`,
      `IP:${addresses.apiService}`,
    ],
  },
  kubelet: {
    subject: `/CN=system:node:${nodeName(cluster)}`,
    usage: 'serverAuth',
    names: [`DNS:${nodeName(cluster)}`, `IP:${addresses.node}`],
  },
  'kubelet-client': { subject: `/O=system:nodes/CN=system:node:${nodeName(cluster)}`, usage: 'clientAuth' },
  'apiserver-to-kubelet': {
    subject: '/O=system:masters/CN=kube-apiserver-kubelet-client',
    usage: 'clientAuth',
  },
  admin: { subject: '/O=system:masters/CN=admin', usage: 'clientAuth' },
  'kube-controller-manager': { subject: '/CN=system:kube-controller-manager', usage: 'clientAuth' },
  'kube-scheduler': { subject: '/CN=system:kube-scheduler', usage: 'clientAuth' },
  'kube-proxy': { subject: '/CN=system:kube-proxy', usage: 'clientAuth' },
  'front-proxy': { subject: '/CN=front-proxy-client', usage: 'clientAuth' },
});

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

const makeAuthority = (folder: string, name: string): Promise<string> =>
  run('openssl', [
    ...['req', '-x509', ...newKey, '-days', '3650', '-subj', `/CN=${name}`],
    ...['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.crt`)],
    ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
  ]);

/** Makes what is missing. `done` is written last: an interrupted run starts over. */
export const makeCertificates = async (folder: string, cluster: string): Promise<void> => {
  const done = join(folder, 'done');
  if (existsSync(done)) return;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  await Promise.all([
    makeAuthority(folder, 'ca'),
    makeAuthority(folder, 'front-proxy-ca'),
    run('openssl', ['genrsa', '-out', join(folder, 'service-accounts.key'), '2048']),
  ]);
  await run('openssl', [
    ...['rsa', '-in', join(folder, 'service-accounts.key'), '-pubout'],
    ...['-out', join(folder, 'service-accounts.pub')],
  ]);
  await Promise.all(
    Object.entries(certificates(cluster)).map(([name, { subject, usage, names }]) => {
      const authority = join(folder, name === 'front-proxy' ? 'front-proxy-ca' : 'ca');
      return run('openssl', [
        ...['req', '-x509', ...newKey, '-days', '3650', '-subj', subject],
        ...['-CA', `${authority}.crt`, '-CAkey', `${authority}.key`],
        ...['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.crt`)],
        ...['-addext', 'basicConstraints=critical,CA:FALSE', '-addext', `extendedKeyUsage=${usage}`],
        ...(names ? ['-addext', `subjectAltName=${names.join(',')}`] : []),
      ]);
    }),
  );
  writeFileSync(done, '');
};
