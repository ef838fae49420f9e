import { RegistryError } from '../errors.ts';
import { readSentSchema } from '../reading/read-sent-schema.ts';
import { readSubjectName } from '../reading/read-subject-name.ts';
import { readVersion } from '../reading/read-version.ts';
import type { VersionWanted } from '../services/find-version.ts';
import type { SentSchema } from '../services/read-schema-text.ts';
import { getWritableName, type SubjectName } from '../subject-name.ts';
import type { Metadata, Schema } from './generated/registry.ts';

interface AboutSubject {
  readonly subject?: string;
}

interface AboutVersion {
  readonly version?: number;
}

/**
 * The subject that is only read or removed; `writableSubjectOf` is for one that is written to.
 * @throws RegistryError 400
 */
export function subjectOf({ subject = '' }: AboutSubject): SubjectName {
  return readSubjectName(subject);
}

/** @throws RegistryError 42208 */
export function writableSubjectOf(
  { subject = '' }: AboutSubject,
  what: 'a schema' | 'settings',
): SubjectName {
  return getWritableName(subject, what);
}

/**
 * @param otherwise where none was sent
 * @throws RegistryError 42202
 */
export function versionOf<T>({ version }: AboutVersion, otherwise: T): VersionWanted | T {
  return version === undefined ? otherwise : readVersion(String(version));
}

/**
 * What a removal is about must be said.
 * @throws RegistryError 42202
 */
export function requiredVersionOf({ version }: AboutVersion): VersionWanted {
  return readVersion(String(version ?? ''));
}

/** @throws RegistryError 400, 42201 */
export function sentSchemaOf({ schema }: { readonly schema?: Schema }): SentSchema {
  if (schema === undefined) throw new RegistryError('BAD_REQUEST', { detail: '"schema" is missing' });
  const { metadata, ...sent } = schema;
  return readSentSchema({ ...sent, metadata: metadataFrom(metadata) });
}

/** A list in a map needs a message of its own; the rest is as in a body. */
export function metadataFrom(message: Metadata | undefined): unknown {
  if (message === undefined) return undefined;
  const { tags = {}, ...rest } = message;
  return {
    ...rest,
    tags: Object.fromEntries(Object.entries(tags).map(([path, { values = [] }]) => [path, values])),
  };
}

interface AboutPage {
  readonly pageSize?: number;
  readonly pageToken?: string;
}

export interface PageWanted {
  readonly size: number;
  readonly token: string;
}

/** @throws RegistryError 400 */
export function pageOf(
  { pageSize: size = 0, pageToken: token = '' }: AboutPage,
  usual: number,
  most: number,
): PageWanted {
  if (size < 0) throw new RegistryError('BAD_REQUEST', { detail: '"page_size" must not be below 0' });
  return { size: size === 0 ? usual : Math.min(size, most), token };
}

/** The token of the page behind a subject. */
export function tokenOf({ context, subject }: SubjectName): string {
  return Buffer.from(JSON.stringify([context, subject])).toString('base64url');
}

/**
 * Undefined for the first page.
 * @throws RegistryError 400
 */
export function readToken(token: string): SubjectName | undefined {
  if (token === '') return undefined;
  const [context, subject] = parse(Buffer.from(token, 'base64url').toString());
  const isName = [context, subject].every((part) => typeof part === 'string' && !part.includes('\u0000'));
  if (isName) return { context: context as string, subject: subject as string };
  throw new RegistryError('BAD_REQUEST', {
    detail: '"page_token" must be what "next_page_token" of an earlier answer was',
  });
}

function parse(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
