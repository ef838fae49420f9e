import { ApiError } from './kube/api-error.ts';
import type { Verdict } from './status/condition.ts';

/** Why the API server does not take what is right in itself. Nobody has to edit the spec: it is tried again. */
export type Hindrance = Pick<Verdict, 'reason' | 'message'>;

/** What an error of a run says of that; undefined where it is a short fault, or the object itself is refused. Pure. */
export function findHindrance(error: unknown): Hindrance | undefined {
  const answer = findAnswer(error);
  if (answer === undefined) return undefined;
  const found = hindrances.find(
    ({ code, words }) => (code === undefined || code === answer.code) && words.test(answer.message),
  );
  if (found === undefined) return undefined;
  const what = error === answer ? '' : `${(error as Error).message}: `;
  return { reason: found.reason, message: `${what}${answer.message}` };
}

const hindrances: readonly {
  readonly code?: number;
  readonly words: RegExp;
  readonly reason: Verdict['reason'];
}[] = [
  { code: 403, words: /because it is being terminated/, reason: 'NamespaceTerminating' },
  // The second: one that is so new that nobody has counted yet.
  { code: 403, words: /(exceeded|status unknown for) quota: /, reason: 'QuotaExceeded' },
  // As the API server's own authorization says it; a webhook that refuses names itself.
  { code: 403, words: /is forbidden: User "[^"]*" cannot /, reason: 'OperatorNotAllowed' },
  { words: /failed calling webhook/, reason: 'WebhookFails' },
];

function findAnswer(error: unknown): ApiError | undefined {
  if (error instanceof ApiError) return error;
  return error instanceof Error ? findAnswer(error.cause) : undefined;
}
