import type { FindSubjectPlace, SubjectPlace } from '../before-koa/context-prefix.ts';
import type { Route } from './route.ts';
import { resources } from './table.ts';

const routes = resources.filter(({ isInContexts }) => isInContexts).flatMap((resource) => resource.routes);

const places: readonly (readonly [RegExp, SubjectPlace])[] = routes.flatMap((route) => {
  const place = placeOf(route);
  return place ? [[new RegExp(`^${route.path.replace(/:\w+/g, '[^/]+')}/*$`), place] as const] : [];
});

function placeOf({ path, query = [] }: Route): SubjectPlace | undefined {
  const segment = path.split('/').indexOf(':subject');
  if (segment > 0) return { segment };
  const name = (['subject', 'subjectPrefix'] as const).find((each) => query.includes(each));
  if (name) return { query: name };
  // A path such as /config is /config/:subject for the context itself.
  const isOfContext = routes.some((other) => other.path === `${path}/:subject`);
  return isOfContext ? { segment: path.split('/').length } : undefined;
}

/** Knows the routes that are served in contexts. Schemas by guid, for instance, are about no subject. */
export const findSubjectPlace: FindSubjectPlace = (path) =>
  places.find(([pattern]) => pattern.test(path))?.[1];
