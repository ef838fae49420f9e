import { timeOf } from '../time.ts';
import { type Child, names } from './child.ts';
import { hashKeyKey, hashKeyOf } from './keyed-hash.ts';
import { namedSecrets } from './named-secrets.ts';
import { rotatedAnnotation } from './rotation.ts';
import { secret, textOf } from './secret.ts';

/** The key by which the Secrets of others are hashed for the pods. It is made once: another one would replace the pods. */
export const hashKey: Child = (registry, observed) => {
  if (namedSecrets(registry).every(({ isFollowed }) => isFollowed)) return undefined;
  const found = observed.secrets.hashes;
  const key = hashKeyOf(observed);
  const { annotations = {}, creationTimestamp } = found?.metadata ?? {};
  const now = timeOf(observed.nowMs);
  const made =
    key === textOf(found, hashKeyKey) ? (annotations[rotatedAnnotation] ?? creationTimestamp ?? now) : now;
  return secret(
    registry,
    'server',
    names(registry).hashes,
    { [hashKeyKey]: key },
    { annotations: { [rotatedAnnotation]: made } },
  );
};
