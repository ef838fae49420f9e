import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Spec } from '../../../operator/registry.ts';
import { certificatesReady } from '../../../operator/status/certificates-ready.ts';
import { judging } from '../../../operator/status/condition.ts';
import { degraded } from '../../../operator/status/degraded.ts';
import { anObserved, aRegistry } from '../../build/registry.ts';

/** The certificates are made after this line, and begin then. */
const nowMs = Date.now() + 60_000;
const dayMs = 86_400_000;

/** Ten days long, for a.example.com and every name under b.example.com. */
function makeCertificate() {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  try {
    execFileSync(
      'openssl',
      [
        ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 10 -subj /CN=x'.split(
          ' ',
        ),
        ...['-addext', 'subjectAltName=DNS:a.example.com,DNS:*.b.example.com'],
        ...['-keyout', 'tls.key', '-out', 'tls.crt'],
      ],
      { cwd: folder, stdio: 'ignore' },
    );
    const read = (name: string) => readFileSync(join(folder, name)).toString('base64');
    return { 'tls.crt': read('tls.crt'), 'tls.key': read('tls.key') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('CertificatesReady', () => {
  const good = makeCertificate();
  const other = makeCertificate();

  const cases: readonly {
    title: string;
    data?: Record<string, string>;
    hosts?: string[];
    atMs?: number;
    ingress?: Spec['ingress'];
    says: RegExp;
  }[] = [
    {
      title: 'a good certificate',
      data: good,
      says: /^True Ready: .*"mine" is valid until \d{4}-\d\d-\d\d$/,
    },
    {
      title: 'a good certificate for a wildcard',
      data: good,
      hosts: ['*.b.example.com'],
      says: /^True Ready/,
    },
    { title: 'no Secret', says: /^False SecretMissing: .*"mine".*kubernetes\.io\/tls/ },
    {
      title: 'a Secret that cert-manager has yet to write',
      ingress: { certManager: { issuer: 'ca' } },
      says: /^False Starting: cert-manager has not written Secret "mine"/,
    },
    {
      title: 'no key',
      data: { 'tls.crt': good['tls.crt'] },
      says: /^False SecretMissing: .*nothing under tls\.key/,
    },
    {
      title: 'nonsense',
      data: { ...good, 'tls.crt': 'bm9uZQ==' },
      says: /^False CertificateInvalid: Secret "mine" cannot be read/,
    },
    {
      title: 'the key of another',
      data: { ...good, 'tls.key': other['tls.key'] },
      says: /^False CertificateInvalid: .*tls\.key is not the key of tls\.crt/,
    },
    {
      title: 'a certificate whose time is over',
      data: good,
      atMs: nowMs + 11 * dayMs,
      says: /^False CertificateExpired: .*"mine" expired on \d{4}-/,
    },
    {
      title: 'a certificate whose time is to come',
      data: good,
      atMs: nowMs - dayMs,
      says: /^False CertificateInvalid: .*begins on/,
    },
    {
      title: 'a certificate for others',
      data: good,
      hosts: ['a.example.com', 'c.example.com', '*.example.com'],
      says: /^False CertificateInvalid: .*is not for c\.example\.com, \*\.example\.com$/,
    },
  ];
  for (const { title, data, hosts = ['a.example.com'], atMs = nowMs, ingress, says } of cases) {
    it(`says of ${title}: ${says.source}`, () => {
      const registry = aRegistry({
        ingress: { enabled: true, http: { hosts, tlsSecretName: 'mine' }, ...ingress },
      });
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'mine' }, data };
      const observed = anObserved({ nowMs: atMs, namedSecrets: data === undefined ? [] : [secret] });
      const { status, reason, message } = judging(registry, observed)(certificatesReady);
      expect(`${status} ${reason}: ${message}`).to.match(says);
    });
  }

  it('says of no ingress: True Disabled', () =>
    expect(judging(aRegistry(), anObserved())(certificatesReady).reason).to.equal('Disabled'));
});

describe('the certificate of the ingress for gRPC', () => {
  it('is asked for by the name of its field', () => {
    const registry = aRegistry({
      ingress: {
        enabled: true,
        http: { hosts: ['a.example.com'] },
        grpc: { hosts: ['b.example.com'], tlsSecretName: 'mine' },
      },
    });
    const { status, reason, message } = judging(registry, anObserved())(certificatesReady);
    expect(`${status} ${reason}: ${message}`).to.match(
      /^False SecretMissing: spec\.ingress\.grpc\.tlsSecretName: there is no Secret "mine"/,
    );
  });
});

describe('a host that two registries have', () => {
  it('makes them Degraded where it is one for gRPC, too', () => {
    const registry = aRegistry({
      cache: { disabled: true },
      ingress: { enabled: true, http: { hosts: ['a.example.com'] }, grpc: { hosts: ['b.example.com'] } },
    });
    const hostsOfOthers = new Map([['b.example.com', 'team-b/other']]);
    const { reason, message } = judging(registry, anObserved({ hostsOfOthers }))(degraded);
    expect(`${reason}: ${message}`).to.match(
      /^HostTaken: host b\.example\.com leads to .*spec\.ingress\.grpc\.hosts of one$/,
    );
  });

  it('makes them Degraded, naming host and registry', () => {
    const registry = aRegistry({
      cache: { disabled: true },
      ingress: { enabled: true, http: { hosts: ['a.example.com', 'b.example.com'] } },
    });
    const hostsOfOthers = new Map([['b.example.com', 'team-b/other']]);
    const { reason, message } = judging(registry, anObserved({ hostsOfOthers }))(degraded);
    expect(`${reason}: ${message}`).to.match(
      /^HostTaken: host b\.example\.com leads to SchemaRegistry team-b\/other/,
    );
  });
});
