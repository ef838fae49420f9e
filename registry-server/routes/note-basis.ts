import { recordOf } from '../before-koa/http-record.ts';
import type { Basis } from '../before-koa/known-posts.ts';
import type { SentSchema } from '../services/read-schema-text.ts';
import { formatSubjectName } from '../subject-name.ts';
import { subjectOf } from './read-request.ts';
import type { RouteContext } from './route.ts';

/** What the answer follows from, where that is one subject alone: no alias, other context or reference had a part in it. */
export function noteBasis(
  ctx: RouteContext<'subject'>,
  sent: SentSchema,
  { name, state, schema }: Basis,
): void {
  const isAlone =
    sent.references.length === 0 && formatSubjectName(name) === formatSubjectName(subjectOf(ctx));
  if (isAlone) recordOf(ctx).basis = { name, state, schema };
}
