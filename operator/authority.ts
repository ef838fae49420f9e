import { createPrivateKey, type KeyObject, randomBytes, X509Certificate } from 'node:crypto';
import type { Authority, Certificates, KeyPair, Leaf } from './observed.ts';

const dayMs = 86_400_000;
/** Certificates begin this long ago, so that a clock that is a little behind takes them as well. */
const skewMs = 5 * 60_000;
const leafMs = 90 * dayMs;
const leafRenewalMs = 30 * dayMs;
const authorityMs = 3 * 365 * dayMs;
/** The next authority is made known for so long before it signs anything: those who trust must have read of it. */
const announcementMs = 180 * dayMs;
const takeoverMs = 90 * dayMs;

export interface Wanted {
  readonly registry: string;
  /** The names and addresses that each certificate is for. */
  readonly leaves: Readonly<Partial<Record<Leaf, readonly string[]>>>;
}

/**
 * What is there, and in the place of what is spoiled, runs out or is for other names something new: so often that
 * whoever looks once a month is never late. An authority is followed by the next with overlap: it is known before it
 * signs, and the one before is trusted until it ends.
 */
export async function renew(
  { registry, leaves }: Wanted,
  found: Partial<Certificates>,
  nowMs: number,
): Promise<Certificates> {
  const authority = await renewAuthority(registry, found.authority, nowMs);
  const renewed = await Promise.all(
    Object.entries(leaves).map(async ([name, hosts]) => {
      const before = found.leaves?.[name as Leaf];
      const isGood = before !== undefined && isGoodLeaf(before, authority.current, hosts, nowMs);
      const pair = isGood ? before : await issue(`${registry} ${name}`, hosts, authority.current, nowMs);
      return [name, pair] as const;
    }),
  );
  return { authority, leaves: Object.fromEntries(renewed) };
}

async function renewAuthority(
  registry: string,
  found: Authority | undefined,
  nowMs: number,
): Promise<Authority> {
  const make = () => makeAuthority(`${registry} authority`, nowMs);
  if (found === undefined || leftMs(found.current, nowMs) <= 0) return { current: await make() };
  const isTrusted = found.previous !== undefined && leftMs({ cert: found.previous }, nowMs) > 0;
  const previous = isTrusted ? { previous: found.previous } : {};
  const left = leftMs(found.current, nowMs);
  if (left > announcementMs) return { current: found.current, ...previous };
  // One that is spoiled is made anew.
  const isReadable = found.next !== undefined && leftMs(found.next, nowMs) > announcementMs;
  const next = isReadable && found.next !== undefined ? found.next : await make();
  const isKnown = isReadable && left <= takeoverMs;
  return isKnown
    ? { current: next, previous: found.current.cert }
    : { current: found.current, next, ...previous };
}

/** How long a certificate is still valid; 0 where it cannot be read, or the key is not its own. */
function leftMs({ cert, key }: { readonly cert: string; readonly key?: string }, nowMs: number): number {
  const read = readPair(cert, key);
  return read === undefined ? 0 : Date.parse(read.certificate.validTo) - nowMs;
}

function readPair(
  cert: string,
  key: string | undefined,
): { certificate: X509Certificate; key: KeyObject | undefined } | undefined {
  try {
    const certificate = new X509Certificate(cert);
    if (key === undefined) return { certificate, key };
    const privateKey = createPrivateKey(key);
    return certificate.checkPrivateKey(privateKey) ? { certificate, key: privateKey } : undefined;
  } catch {
    // Whatever it is, it is no certificate with its key.
    return undefined;
  }
}

function isGoodLeaf(pair: KeyPair, authority: KeyPair, hosts: readonly string[], nowMs: number): boolean {
  if (leftMs(pair, nowMs) <= leafRenewalMs) return false;
  const certificate = new X509Certificate(pair.cert);
  const names = new Set(
    (certificate.subjectAltName ?? '').split(', ').map((name) => name.replace(/^(DNS|IP Address):/, '')),
  );
  return (
    certificate.verify(new X509Certificate(authority.cert).publicKey) &&
    names.size === hosts.length &&
    hosts.every((name) => names.has(name))
  );
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** The library is loaded when it is first needed: most operators issue nothing, and it is a quarter of their memory. */
async function library() {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

async function makeAuthority(name: string, nowMs: number): Promise<KeyPair> {
  const x509 = await library();
  const keys = await makeKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: [{ CN: [name] }],
    notBefore: new Date(nowMs - skewMs),
    notAfter: new Date(nowMs + authorityMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      // It signs certificates of servers, and no other authority.
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return pairOf(certificate, keys);
}

async function issue(
  name: string,
  hosts: readonly string[],
  authority: KeyPair,
  nowMs: number,
): Promise<KeyPair> {
  const x509 = await library();
  const keys = await makeKeys();
  const issuer = new x509.X509Certificate(authority.cert);
  const der = createPrivateKey(authority.key).export({ type: 'pkcs8', format: 'der' });
  const signingKey = await crypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: [{ CN: [name.slice(0, 64)] }],
    issuer: issuer.subject,
    notBefore: new Date(nowMs - skewMs),
    notAfter: new Date(Math.min(nowMs + leafMs, issuer.notAfter.getTime())),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        hosts.map((value) => ({ type: /^[\d.]+$/.test(value) ? 'ip' : 'dns', value })),
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return pairOf(certificate, keys);
}

/** A serial number is positive, and has 127 random bits (RFC 5280, 4.1.2.2). */
function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

type Keys = Awaited<ReturnType<typeof makeKeys>>;

function makeKeys() {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function pairOf(
  certificate: { toString(format: 'pem'): string },
  { privateKey }: Keys,
): Promise<KeyPair> {
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', privateKey));
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return {
    cert: `${certificate.toString('pem')}\n`,
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
