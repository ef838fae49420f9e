import { BadSettings } from './settings.ts';
import { readAuthority, type TlsMode, type TlsSettings } from './store/tls.ts';

/**
 * What a connection trusts; undefined where it is not encrypted.
 * @param variable that names the file
 * @throws BadSettings where there is no authority in it
 */
export function readTls(
  variable: string,
  mode: TlsMode | undefined,
  caFile: string | undefined,
): TlsSettings | undefined {
  if (mode === undefined) return undefined;
  try {
    return { mode, ca: caFile === undefined ? undefined : readAuthority(caFile) };
  } catch (error) {
    throw new BadSettings(`${variable}: "${caFile}" cannot be used: ${(error as Error).message}`);
  }
}
