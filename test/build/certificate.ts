import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findOnPath } from './process.ts';

export const missingOpenssl: string | undefined = findOnPath('openssl')
  ? undefined
  : 'no openssl on PATH, to make certificates with';

export interface TestCertificate {
  readonly caPath: string;
  readonly certPath: string;
  readonly keyPath: string;
  remove(): void;
}

/** A certificate for a server of that name, from an authority of its own. */
export function makeCertificate(subjectAltName: string): TestCertificate {
  const folder = mkdtempSync(join(tmpdir(), 'registry-certificate-'));
  const path = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
    '-days',
    '2',
    '-subj',
    '/CN=test authority',
  );
  openssl(
    'req',
    ...key,
    '-keyout',
    'server.key',
    '-out',
    'server.csr',
    '-subj',
    '/CN=server',
    '-addext',
    `subjectAltName=${subjectAltName}`,
  );
  openssl(
    'x509',
    '-req',
    '-in',
    'server.csr',
    '-CA',
    'ca.crt',
    '-CAkey',
    'ca.key',
    '-out',
    'server.crt',
    '-days',
    '2',
    '-copy_extensions',
    'copyall',
  );
  return {
    caPath: path('ca.crt'),
    certPath: path('server.crt'),
    keyPath: path('server.key'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
