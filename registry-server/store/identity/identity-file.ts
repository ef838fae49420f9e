import { readFile, rename, writeFile } from 'node:fs/promises';
import type { ExpectedIdentity, Identity } from './identity.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What is in the file: JSON, as the operator writes it and as `writeIdentityFile` does. */
interface Noted extends Partial<Identity> {
  readonly isGivenUp?: boolean;
}

/**
 * Undefined where there is no file: nothing is known yet.
 * @throws Error that names the file, where it is not to be read
 */
export async function findIdentityFile(path: string): Promise<ExpectedIdentity | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  const { registryId, lastId, revision, isGivenUp = false } = parse(text);
  const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  if (
    typeof registryId !== 'string' ||
    !UUID.test(registryId) ||
    !isWhole(lastId) ||
    !isWhole(revision) ||
    typeof isGivenUp !== 'boolean'
  ) {
    throw new Error(
      `${path} does not say which database is expected: it is {"registryId": "…", "lastId": 0, "revision": 0}`,
    );
  }
  return { registryId, lastId, revision, isGivenUp };
}

/** Whole or not at all: who reads it meanwhile finds what was there before. */
export async function writeIdentityFile(path: string, identity: Identity): Promise<void> {
  const { registryId, lastId, revision } = identity;
  await writeFile(`${path}.new`, `${JSON.stringify({ registryId, lastId, revision })}\n`);
  await rename(`${path}.new`, path);
}

function parse(text: string): Noted {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
