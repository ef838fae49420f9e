import { randomBytes } from 'node:crypto';
import { renew } from './authority.ts';
import { issuedLeaves } from './desired/certificates.ts';
import type { Found } from './observe.ts';
import type { Certificates, Issued } from './observed.ts';
import type { Registry } from './registry.ts';

/** What a run may need to write for the first time, or in the place of what runs out: passwords and certificates. */
export async function issue(
  registry: Registry,
  found: Pick<Found, 'presentCertificates' | 'nowMs'>,
  newPassword = randomPassword,
): Promise<Issued> {
  return {
    newPasswords: {
      postgres: newPassword(),
      redis: newPassword(),
      auth: newPassword(),
      hashes: newPassword(),
    },
    certificates: await certificatesOf(registry, found),
  };
}

/** While the registry is paused nothing is written, and so no key is made: what is there is all there is. */
async function certificatesOf(
  registry: Registry,
  { presentCertificates, nowMs }: Pick<Found, 'presentCertificates' | 'nowMs'>,
): Promise<Certificates | undefined> {
  if (registry.tls === undefined) return undefined;
  const { authority, leaves = {} } = presentCertificates;
  if (registry.isPaused) return authority && { authority, leaves };
  return renew({ registry: registry.name, leaves: issuedLeaves(registry) }, { authority, leaves }, nowMs);
}

/** 32 bytes in 43 characters that need no escape in a URL, in SQL or in redis.conf. */
function randomPassword(): string {
  return randomBytes(32).toString('base64url');
}
