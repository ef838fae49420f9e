import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';

/** Named as PostgreSQL's sslmode: what is encrypted, and who has to be on the other side. */
export const tlsModes = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
export type TlsMode = (typeof tlsModes)[number];

export interface TlsSettings {
  readonly mode: TlsMode;
  /** Certificates in PEM; undefined for the authorities that Node.js knows. */
  readonly ca: string | undefined;
}

/** @returns undefined where nothing is encrypted */
export function tlsOptions(
  { mode, ca }: TlsSettings,
  host: string | undefined,
): ConnectionOptions | undefined {
  if (mode === 'disable') return undefined;
  // Without `host`, Node.js would compare the certificate of an address with "localhost".
  const peer = host !== undefined && isIP(host) !== 0 ? { host } : {};
  if (mode === 'require') return { ...peer, rejectUnauthorized: false };
  const trusted = ca === undefined ? {} : { ca };
  return {
    ...peer,
    ...trusted,
    ...(mode === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}),
  };
}

/** @throws Error that says why the file is none */
export function readAuthority(path: string): string {
  const text = readFileSync(path, 'utf8');
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new Error('holds no certificate in PEM');
  return text;
}

/** In words, for what a handshake fails with; undefined where it is something else. */
export function tlsFailure(code: string | undefined): string | undefined {
  if (code === undefined) return undefined;
  const words: Record<string, string> = {
    CERT_HAS_EXPIRED: 'its certificate has expired',
    ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host name',
    DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not from an authority that is trusted',
    SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not from an authority that is trusted',
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not from an authority that is trusted',
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is not from an authority that is trusted',
    CERT_SIGNATURE_FAILURE: 'its certificate is not from an authority that is trusted',
    ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
    ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS',
  };
  return words[code] ?? (/^(ERR_SSL_|ERR_TLS_|CERT_)/.test(code) ? `TLS fails (${code})` : undefined);
}
