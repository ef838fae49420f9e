import { DEFAULT_CONTEXT, readContextName } from '../subject-name.ts';

/** Where a request says which subject it is about: a segment of its path, from 1 on, or a parameter of its query. */
export type SubjectPlace = { readonly segment: number } | { readonly query: 'subject' | 'subjectPrefix' };

/** Undefined where a path is about no subject, or is that of no route. */
export type FindSubjectPlace = (path: string) => SubjectPlace | undefined;

const prefixed = /^\/contexts\/([^/?]+)(\/[^/?][^?]*)(?:\?(.*))?$/s;

/**
 * `/contexts/{context}/…` as the path without the prefix, with the context before its subject (Confluent's rule).
 * Any other path, and one whose context is no name, stays as it is.
 */
export function withoutContextPrefix(url: string, findPlace: FindSubjectPlace): string {
  if (!url.startsWith('/contexts/')) return url;
  const [, segment = '', path = '', search = ''] = prefixed.exec(url) ?? [];
  const context = path === '' ? undefined : readContext(segment);
  if (context === undefined) return url;
  if (context === DEFAULT_CONTEXT) return path + (search === '' ? '' : `?${search}`);
  const query = new URLSearchParams(search);
  const within = rewritePath(path, findPlace(path), context, query);
  return query.size === 0 ? within : `${within}?${query}`;
}

function readContext(segment: string): string | undefined {
  try {
    return readContextName(decodeURIComponent(segment));
  } catch {
    return undefined;
  }
}

/** A context whose subject is not in the path goes into the query. */
function rewritePath(
  path: string,
  place: SubjectPlace | undefined,
  context: string,
  query: URLSearchParams,
): string {
  if (place === undefined) return path;
  const qualifier = `:${context}:`;
  if ('query' in place) {
    query.set(place.query, qualified(query.get(place.query) ?? '', qualifier, String));
    return path;
  }
  const segments = path.split('/');
  segments[place.segment] = qualified(segments[place.segment] ?? '', qualifier);
  return segments.join('/');
}

/** Leaves a subject alone that has its context; `write` puts the qualifier into the form of what it goes before. */
function qualified(
  subject: string,
  qualifier: string,
  write: (text: string) => string = encodeURIComponent,
): string {
  return /^(:|%3a)[.*]/i.test(subject) ? subject : write(qualifier) + subject;
}
