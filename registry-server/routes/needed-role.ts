import { type Role, roles } from '../authentication/principal.ts';

/** `open` asks nobody who they are. `told`: open as well, and who says who they are may be told more. */
export type Need = Role | 'open' | 'told';

/**
 * What each route needs, under the pattern that its router has. What is not here, reads aside, needs the most: a route
 * that was forgotten is closed.
 */
export const neededRoles: Readonly<Record<string, Need>> = {
  // Probes and load balancers have no credentials; clients find out from the document which they need.
  'GET /': 'open',
  'POST /': 'open',
  'GET /health': 'open',
  'GET /ready': 'told',
  'GET /openapi.json': 'open',

  'GET /v1/metadata/id': 'reader',
  'GET /v1/metadata/deployment': 'reader',
  'GET /v1/metadata/version': 'reader',

  'GET /subjects': 'reader',
  'POST /subjects/:subject': 'reader',
  'DELETE /subjects/:subject': 'admin',
  'GET /subjects/:subject/metadata': 'reader',
  'GET /subjects/:subject/versions': 'reader',
  'POST /subjects/:subject/versions': 'writer',
  'GET /subjects/:subject/versions/:version': 'reader',
  'DELETE /subjects/:subject/versions/:version': 'admin',
  'GET /subjects/:subject/versions/:version/schema': 'reader',
  'GET /subjects/:subject/versions/:version/referencedby': 'reader',
  'POST /subjects/:subject/versions/:version/tags': 'writer',

  'GET /schemas': 'reader',
  'GET /schemas/types': 'reader',
  'GET /schemas/ids/:id': 'reader',
  'GET /schemas/ids/:id/schema': 'reader',
  'GET /schemas/ids/:id/subjects': 'reader',
  'GET /schemas/ids/:id/versions': 'reader',
  'GET /schemas/guids/:guid': 'reader',
  'GET /schemas/guids/:guid/ids': 'reader',

  'POST /compatibility/subjects/:subject/versions': 'reader',
  'POST /compatibility/subjects/:subject/versions/:version': 'reader',

  'GET /config': 'reader',
  'PUT /config': 'admin',
  'DELETE /config': 'admin',
  'GET /config/:subject': 'reader',
  'PUT /config/:subject': 'admin',
  'DELETE /config/:subject': 'admin',
  'GET /mode': 'reader',
  'PUT /mode': 'admin',
  'DELETE /mode': 'admin',
  'GET /mode/:subject': 'reader',
  'PUT /mode/:subject': 'admin',
  'DELETE /mode/:subject': 'admin',

  'GET /contexts': 'reader',
  'DELETE /contexts/:context': 'admin',
};

/** One expression for each method and need, the least need first: most requests read. */
const byMethod: Readonly<Record<string, readonly (readonly [Need, RegExp])[]>> = Object.fromEntries(
  ['GET', 'POST'].map((method) => [
    method,
    (['open', 'told', ...roles] as const).flatMap((need) => {
      const patterns = Object.keys(neededRoles).filter(
        (key) => key.startsWith(`${method} `) && neededRoles[key] === need,
      );
      return patterns.length === 0
        ? []
        : [[need, union(patterns.map((key) => key.split(' ')[1] ?? ''))] as const];
    }),
  ]),
);

/** @param url without the prefix of a context */
export function neededRole(method: string, url: string): Need {
  // Says which methods there are, and no more.
  if (method === 'OPTIONS') return 'open';
  const end = url.indexOf('?');
  const path = end < 0 ? url : url.slice(0, end);
  const isRead = method === 'GET' || method === 'HEAD';
  const found = byMethod[isRead ? 'GET' : method]?.find(([, pattern]) => pattern.test(path))?.[0];
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
