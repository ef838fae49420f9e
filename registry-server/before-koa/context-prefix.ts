import { DEFAULT_CONTEXT, readContextName } from '../subject-name.ts';

const prefixed = /^\/contexts\/([^/?]+)(\/[^/?][^?]*)(?:\?(.*))?$/s;

/**
 * `/contexts/{context}/…` as the path without the prefix, with the context before its subject (Confluent's rule).
 * Any other path, and one whose context is no name, stays as it is.
 */
export function withoutContextPrefix(url: string): string {
  if (!url.startsWith('/contexts/')) return url;
  const [, segment = '', path = '', search = ''] = prefixed.exec(url) ?? [];
  const context = path === '' ? undefined : readContext(segment);
  if (context === undefined) return url;
  if (context === DEFAULT_CONTEXT) return path + (search === '' ? '' : `?${search}`);
  const query = new URLSearchParams(search);
  const within = rewritePath(path, context, query);
  return query.size === 0 ? within : `${within}?${query}`;
}

function readContext(segment: string): string | undefined {
  try {
    return readContextName(decodeURIComponent(segment));
  } catch {
    return undefined;
  }
}

/** Where the subject is not in the path it goes into the query. */
function rewritePath(path: string, context: string, query: URLSearchParams): string {
  const segments = path.split('/').slice(1);
  const qualifier = `:${context}:`;
  const [first, second] = segments;
  if (first === 'config' || first === 'mode') {
    return `/${[first, qualified(second ?? '', qualifier), ...segments.slice(2)].join('/')}`;
  }
  if (first === 'schemas' && second === 'ids') {
    query.set('subject', qualified(query.get('subject') ?? '', qualifier, String));
  } else if ((first === 'schemas' || first === 'subjects') && !second) {
    query.set('subjectPrefix', qualified(query.get('subjectPrefix') ?? '', qualifier, String));
  }
  const at = segments.indexOf('subjects') + 1;
  if (at === 0 || !segments[at]) return path;
  return `/${segments.with(at, qualified(segments[at], qualifier)).join('/')}`;
}

/** Unless it is already; `write` puts the qualifier into the form of what it goes before. */
function qualified(
  subject: string,
  qualifier: string,
  write: (text: string) => string = encodeURIComponent,
): string {
  return /^(:|%3a)[.*]/i.test(subject) ? subject : write(qualifier) + subject;
}
