import type { Need } from '../authentication/admit.ts';
import { roles } from '../authentication/key-list.ts';
import { resources } from './table.ts';

const needs = ['open', 'optional', ...roles] as const satisfies readonly Need[];

/** For each method one expression for each need, the least need first: most requests read. */
const byMethod: ReadonlyMap<string, readonly (readonly [Need, RegExp])[]> = new Map(
  [
    ...Map.groupBy(
      resources.flatMap(({ routes }) => routes),
      ({ method }) => method,
    ),
  ].map(([method, routes]) => {
    const byNeed = Map.groupBy(routes, (route) => route.needs);
    return [
      method,
      needs.flatMap((need) => {
        const paths = byNeed.get(need)?.map(({ path }) => path);
        return paths ? [[need, union(paths)] as const] : [];
      }),
    ];
  }),
);

/**
 * What no route is, reads aside, needs the most.
 * @param url without the prefix of a context
 */
export function neededRole(method: string, url: string): Need {
  // Says which methods there are, and no more.
  if (method === 'OPTIONS') return 'open';
  const end = url.indexOf('?');
  const path = end < 0 ? url : url.slice(0, end);
  const isRead = method === 'GET' || method === 'HEAD';
  const found = byMethod.get(isRead ? 'GET' : method)?.find(([, pattern]) => pattern.test(path))?.[0];
  return found ?? (isRead ? 'reader' : 'admin');
}

/**
 * Narrower than the router, which takes any character for a parameter: of a path that it could read otherwise, such as
 * one with a backslash or a #, nothing is said, and so it needs the most.
 */
function union(patterns: readonly string[]): RegExp {
  const alternatives = patterns.map((pattern) => pattern.replace(/:\w+/g, "[\\w.~:%@!$&'()*+,;=-]+"));
  return new RegExp(`^(?:${alternatives.join('|')})/?$`);
}

/** What was asked for, in Confluent's words. */
export function operationOf(method: string, url: string): string {
  const [first = '', second = '', third = ''] = url.split('?')[0]?.split('/').slice(1) ?? [];
  const isScope = first === 'config' || first === 'mode';
  const subject = isScope || first === 'subjects' ? second : first === 'compatibility' ? third : '';
  return `${verbOf(method, isScope)} on ${subject === '' ? 'Global' : `Subject: ${decode(subject)}`}`;
}

function verbOf(method: string, isScope: boolean): string {
  const isRead = method === 'GET' || method === 'HEAD';
  if (isScope) return isRead ? 'ReadCompatibility' : 'WriteCompatibility';
  return isRead ? 'Read' : method === 'DELETE' ? 'Delete' : 'Write';
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}
