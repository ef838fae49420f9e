import type { KubeObject, V1ConfigMap } from '../kube/kubernetes.ts';
import type { Component } from '../labels.ts';
import type { Authority, Certificates, Leaf, Observed } from '../observed.ts';
import type { Registry } from '../registry.ts';
import { BadSpec } from '../spec.ts';
import { type Child, host, meta, names } from './child.ts';
import { secret, textOf } from './secret.ts';

/** The folders of the certificates in the containers. */
export const authorityPath = '/etc/llm-schema-registry/authority';
export const serverTlsPath = '/etc/llm-schema-registry/tls';
export const authorityHashAnnotation = 'llm-schema-registry.io/authority-hash';

/** The Secret that a component's certificate is in. */
export function tlsSecretName(registry: Registry, component: Component): string {
  const { tls, postgresTls, redisTls } = names(registry);
  return { server: registry.tls?.secretName ?? tls, postgres: postgresTls, redis: redisTls }[component];
}

/** The certificates that the operator issues itself, with the names and addresses that each is for. */
export function issuedLeaves(registry: Registry): Readonly<Partial<Record<Leaf, readonly string[]>>> {
  const { tls, database, cache, namespace } = registry;
  if (tls === undefined) return {};
  const { server, headless, postgres, redis } = names(registry);
  const forms = (service: string) => [
    service,
    `${service}.${namespace}`,
    host(registry, service),
    `${host(registry, service)}.cluster.local`,
  ];
  // The probes and tools of a pod speak to their neighbour.
  const itself = ['localhost', '127.0.0.1'];
  return {
    ...(tls.mode === 'Operator' ? { server: [...forms(server), ...forms(headless), ...itself] } : {}),
    ...(database.kind === 'managed' ? { postgres: [...forms(postgres), ...itself] } : {}),
    ...(cache?.kind === 'managed' ? { redis: [...forms(redis), ...itself] } : {}),
  };
}

/** What the Secrets of a registry hold; what is missing in them is undefined. */
export function readCertificates(
  registry: Registry,
  find: (secret: string) => KubeObject | undefined,
): Partial<Certificates> {
  const pair = (object: KubeObject | undefined, cert: string, key: string) => {
    const found = { cert: textOf(object, cert), key: textOf(object, key) };
    return found.cert === '' || found.key === '' ? undefined : found;
  };
  const ca = find(names(registry).authority);
  const current = pair(ca, 'ca.crt', 'ca.key');
  const previous = textOf(ca, 'previous.crt');
  const leaves = Object.keys(issuedLeaves(registry)).map((leaf) => [
    leaf,
    pair(find(tlsSecretName(registry, leaf as Leaf)), 'tls.crt', 'tls.key'),
  ]);
  return {
    ...(current === undefined
      ? {}
      : {
          authority: {
            current,
            next: pair(ca, 'next.crt', 'next.key'),
            previous: previous === '' ? undefined : previous,
          },
        }),
    leaves: Object.fromEntries(leaves) as Certificates['leaves'],
  };
}

/** The certificates of all authorities that are to be trusted, one after the other. */
export function bundleOf({ current, next, previous }: Authority): string {
  return [current.cert, next?.cert, previous].filter((cert) => cert !== undefined).join('');
}

export const authoritySecret: Child = (registry, { certificates }) => {
  if (certificates === undefined) return undefined;
  const { current, next, previous = '' } = certificates.authority;
  return secret(registry, 'server', names(registry).authority, {
    'ca.crt': current.cert,
    'ca.key': current.key,
    ...(next === undefined ? {} : { 'next.crt': next.cert, 'next.key': next.key }),
    ...(previous === '' ? {} : { 'previous.crt': previous }),
  });
};

/** The certificates that clients trust. They are no secret, so everybody may read the ConfigMap. */
export const authorityBundle: Child = (registry, { certificates }) =>
  certificates === undefined
    ? undefined
    : ({
        ...meta(registry, 'ConfigMap', 'server', names(registry).authority),
        data: { 'ca.crt': bundleOf(certificates.authority) },
      } satisfies V1ConfigMap);

export const serverTls: Child = (registry, observed) => leafSecret(registry, observed, 'server');
export const postgresTls: Child = (registry, observed) => leafSecret(registry, observed, 'postgres');
export const redisTls: Child = (registry, observed) => leafSecret(registry, observed, 'redis');

/** The Certificate that cert-manager writes the Secret for. There is no type of it: the kind is cert-manager's own. */
export const certificate: Child = (registry, observed) => {
  const { tls } = registry;
  const { served } = observed;
  if (tls?.mode !== 'CertManager' || !served.has('Certificate')) return undefined;
  const { server } = names(registry);
  mustBeOurs(observed, 'spec.tls.mode', tls.secretName, server);
  return {
    ...meta(registry, 'Certificate', 'server', server),
    spec: {
      secretName: tls.secretName,
      issuerRef: tls.issuer,
      dnsNames: [server, `${server}.${registry.namespace}`, host(registry, server)],
      usages: ['digital signature', 'server auth'],
      privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
    },
  };
};

/**
 * cert-manager writes the Secret that a Certificate names, whatever is in it and whosever it is.
 * @throws BadSpec where that Secret was not made by cert-manager for this Certificate
 */
export function mustBeOurs(
  { namedSecrets }: Pick<Observed, 'namedSecrets'>,
  field: string,
  secretName: string,
  certificateName: string,
): void {
  const found = namedSecrets.find(({ metadata }) => metadata.name === secretName);
  if (found === undefined || found.metadata.annotations?.[issuedFor] === certificateName) return;
  throw new BadSpec(
    `${field}: Secret "${secretName}" is there and was not made by cert-manager for Certificate "${certificateName}", which would overwrite it; rename or delete that Secret, or have the registry use another`,
  );
}

/** cert-manager writes this annotation on the Secrets that it makes. */
const issuedFor = 'cert-manager.io/certificate-name';

function leafSecret(registry: Registry, { certificates }: Observed, leaf: Leaf): KubeObject | undefined {
  const pair = certificates?.leaves[leaf];
  if (certificates === undefined || pair === undefined) return undefined;
  const values = { 'tls.crt': pair.cert, 'tls.key': pair.key, 'ca.crt': bundleOf(certificates.authority) };
  return secret(registry, leaf, tlsSecretName(registry, leaf), values, { type: 'kubernetes.io/tls' });
}
