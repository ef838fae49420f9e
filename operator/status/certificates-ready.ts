import { createPrivateKey, X509Certificate } from 'node:crypto';
import { dataOf } from '../desired/pod.ts';
import type { Condition, Verdict } from './condition.ts';

/** The certificate of the ingress, as clients will see it: there, whole, in time, and for these hosts. */
export const certificatesReady: Condition = ({ ingress }, { namedSecrets, nowMs }) => {
  if (ingress?.tlsSecretName === undefined) {
    const why = ingress === undefined ? 'there is no ingress' : 'the ingress speaks plain HTTP';
    return { status: 'True', reason: 'Disabled', message: why };
  }
  const name = ingress.tlsSecretName;
  const secret = namedSecrets.find(({ metadata }) => metadata.name === name);
  if (secret === undefined) {
    const isIssued = Object.keys(ingress.issuer).length > 0;
    return isIssued
      ? bad('Starting', `cert-manager has not written Secret "${name}" yet; see its Certificate "${name}"`)
      : bad(
          'SecretMissing',
          `spec.ingress.http.tlsSecretName: there is no Secret "${name}"; make one of type kubernetes.io/tls`,
        );
  }
  const lacking = ['tls.crt', 'tls.key'].filter((key) => !dataOf(secret)[key]);
  if (lacking.length > 0)
    return bad('SecretMissing', `Secret "${name}" has nothing under ${lacking.join(' and ')}`);
  const read = (key: string) => Buffer.from(dataOf(secret)[key] ?? '', 'base64');
  try {
    return judge(new X509Certificate(read('tls.crt')), createPrivateKey(read('tls.key')), {
      name,
      hosts: ingress.hosts,
      nowMs,
    });
  } catch (error) {
    return bad('CertificateInvalid', `Secret "${name}" cannot be read: ${(error as Error).message}`);
  }
};

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
    message: `the certificate in Secret "${name}" holds until ${dayOf(validTo)}`,
  };
}

function bad(reason: Verdict['reason'], message: string): Verdict {
  return { status: 'False', reason, message };
}

function dayOf(time: string): string {
  return new Date(time).toISOString().slice(0, 10);
}
