import { createPrivateKey, X509Certificate } from 'node:crypto';
import { host, names } from '../desired/child.ts';
import { dataOf } from '../desired/pod.ts';
import { textOf } from '../desired/secret.ts';
import type { Observed } from '../observed.ts';
import type { Registry } from '../registry.ts';
import type { Condition, Verdict } from './condition.ts';

/** The certificates of the ingress and of the API, as clients will see them: there, whole, in time, and for these hosts. */
export const certificatesReady: Condition = (registry, observed) => {
  const verdicts = [
    ingressCertificate(registry, 'http', observed),
    ingressCertificate(registry, 'grpc', observed),
    apiCertificate(registry, observed),
  ].filter((verdict) => verdict !== undefined);
  const [first] = verdicts;
  if (first === undefined) {
    const message =
      registry.ingress === undefined
        ? 'there is no ingress, and the API inside the cluster speaks plain HTTP'
        : 'the ingress speaks plain HTTP, and so does the API inside the cluster';
    return { status: 'True', reason: 'Disabled', message };
  }
  const message = verdicts.map((verdict) => verdict.message).join('; ');
  return verdicts.find(({ status }) => status === 'False') ?? { ...first, message };
};

function ingressCertificate(
  { ingress }: Registry,
  which: 'http' | 'grpc',
  observed: Observed,
): Verdict | undefined {
  const entry = ingress?.[which];
  if (entry?.tlsSecretName === undefined) return undefined;
  const name = entry.tlsSecretName;
  const isIssued = Object.keys(ingress?.issuer ?? {}).length > 0;
  const missing = isIssued
    ? bad('Starting', `cert-manager has not written Secret "${name}" yet; see its Certificate "${name}"`)
    : bad(
        'SecretMissing',
        `spec.ingress.${which}.tlsSecretName: there is no Secret "${name}"; make one of type kubernetes.io/tls`,
      );
  return secretVerdict(name, entry.hosts, missing, observed);
}

/** What is to be said of the certificate of the API; undefined where it speaks plain HTTP inside the cluster. */
export function apiCertificate(registry: Registry, observed: Observed): Verdict | undefined {
  const { tls } = registry;
  if (tls === undefined) return undefined;
  const { secretName } = tls;
  if (tls.mode === 'Operator') {
    const missing = bad('Starting', `Secret "${secretName}" is not made yet`);
    const namedSecrets = observed.children.filter(({ kind }) => kind === 'Secret');
    return secretVerdict(secretName, [host(registry, names(registry).server)], missing, {
      namedSecrets,
      nowMs: observed.nowMs,
    });
  }
  const missing =
    tls.mode === 'Secret'
      ? bad(
          'SecretMissing',
          `spec.tls.secretRef: there is no Secret "${secretName}"; make one of type kubernetes.io/tls`,
        )
      : observed.served.has('Certificate')
        ? bad(
            'Starting',
            `cert-manager has not written Secret "${secretName}" yet; see its Certificate "${registry.name}"`,
          )
        : bad(
            'CertManagerMissing',
            'spec.tls.mode: "CertManager" needs cert-manager, which this cluster does not have; install it, or write Operator',
          );
  return secretVerdict(secretName, [], missing, observed);
}

function secretVerdict(
  name: string,
  hosts: readonly string[],
  missing: Verdict,
  { namedSecrets, nowMs }: Pick<Observed, 'namedSecrets' | 'nowMs'>,
): Verdict {
  const secret = namedSecrets.find(({ metadata }) => metadata.name === name);
  if (secret === undefined) return missing;
  const lacking = ['tls.crt', 'tls.key'].filter((key) => !dataOf(secret)[key]);
  if (lacking.length > 0)
    return bad('SecretMissing', `Secret "${name}" has nothing under ${lacking.join(' and ')}`);
  try {
    return judge(
      new X509Certificate(textOf(secret, 'tls.crt')),
      createPrivateKey(textOf(secret, 'tls.key')),
      {
        name,
        hosts,
        nowMs,
      },
    );
  } catch (error) {
    return bad('CertificateInvalid', `Secret "${name}" cannot be read: ${(error as Error).message}`);
  }
}

function judge(
  certificate: X509Certificate,
  key: ReturnType<typeof createPrivateKey>,
  { name, hosts, nowMs }: { name: string; hosts: readonly string[]; nowMs: number },
): Verdict {
  if (!certificate.checkPrivateKey(key))
    return bad('CertificateInvalid', `Secret "${name}": tls.key is not the key of tls.crt`);
  const { validFrom, validTo } = certificate;
  if (Date.parse(validTo) < nowMs)
    return bad('CertificateExpired', `the certificate in Secret "${name}" expired on ${dayOf(validTo)}`);
  if (Date.parse(validFrom) > nowMs)
    return bad('CertificateInvalid', `the certificate in Secret "${name}" begins on ${dayOf(validFrom)}`);
  // A wildcard must be covered as a whole, so any name under it stands for it.
  const others = hosts.filter((host) => certificate.checkHost(host.replace('*', 'any')) === undefined);
  if (others.length > 0)
    return bad('CertificateInvalid', `the certificate in Secret "${name}" is not for ${others.join(', ')}`);
  return {
    status: 'True',
    reason: 'Ready',
    message: `the certificate in Secret "${name}" is valid until ${dayOf(validTo)}`,
  };
}

function bad(reason: Verdict['reason'], message: string): Verdict {
  return { status: 'False', reason, message };
}

function dayOf(time: string): string {
  return new Date(time).toISOString().slice(0, 10);
}
