import { RegistryError } from '../errors.ts';
import type { Reference, ResolvedReference } from '../schema-types/schema-type.ts';
import type { ReferenceTarget, Store } from '../store/store.ts';
import { formatSubjectName, parseSubjectName, type SubjectName } from '../subject-name.ts';
import { findVersion } from './find-version.ts';

export interface Resolved {
  /** As sent, with -1 replaced by the number it stood for. */
  readonly references: readonly Reference[];
  /** What they point at, in the same order. */
  readonly targets: readonly ReferenceTarget[];
  /** Transitive, each once, dependencies first. */
  readonly texts: readonly ResolvedReference[];
}

export interface ReferenceLimits {
  readonly maxTotalCharacters: number;
  /** Whether a soft-deleted version still counts. */
  readonly withDeleted: boolean;
}

const MAX_REFERENCES = 1000;
// Each of a thousand schemas may refer to all the others: then a million are followed, to find that they are known.
const MAX_FOLLOWED = 10_000;

const none: Resolved = { references: [], targets: [], texts: [] };

/**
 * @param owner the context that references without one belong to
 * @throws RegistryError 42201 when one is missing or there are too many
 */
export async function resolveReferences(
  store: Store,
  owner: string,
  sent: readonly Reference[],
  { maxTotalCharacters, withDeleted }: ReferenceLimits,
): Promise<Resolved> {
  if (sent.length === 0) return none;
  const texts = new Map<string, ResolvedReference>();
  const visited = new Set<string>();
  let characters = 0;
  let followed = 0;

  async function visit(
    reference: Reference,
    context: string,
  ): Promise<ReferenceTarget & { version: number }> {
    followed += 1;
    if (followed > MAX_FOLLOWED) {
      throw new RegistryError('INVALID_SCHEMA', {
        detail: `Invalid references: more than ${MAX_FOLLOWED} are to be followed, counting those of referenced schemas`,
      });
    }
    const named = parseSubjectName(reference.subject, context);
    const target = await getTarget(store, named, reference, withDeleted);
    const { name } = target;
    const key = JSON.stringify([reference.name, name, target.version]);
    if (visited.has(key)) return target;
    visited.add(key);
    if (visited.size > MAX_REFERENCES) {
      throw new RegistryError('INVALID_SCHEMA', {
        detail: `Invalid references: more than ${MAX_REFERENCES}, counting those of referenced schemas`,
      });
    }
    const schema = await store.findSchema(name.context, target.id);
    if (!schema) throw missing(reference);
    characters += schema.schema.length;
    if (characters > maxTotalCharacters) {
      throw new RegistryError('INVALID_SCHEMA', {
        detail: `Invalid references: their schemas are longer than ${maxTotalCharacters} characters together`,
      });
    }
    for (const next of schema.references) await visit(next, name.context);
    texts.set(key, {
      name: reference.name,
      subject: formatSubjectName(name),
      version: target.version,
      schema: schema.schema,
    });
    return target;
  }

  const targets: ReferenceTarget[] = [];
  for (const reference of sent) targets.push(await visit(reference, owner));
  return {
    references: sent.map((reference, i) => ({
      ...reference,
      version: targets[i]?.version ?? reference.version,
    })),
    targets,
    texts: [...texts.values()],
  };
}

async function getTarget(
  store: Store,
  named: SubjectName,
  reference: Reference,
  withDeleted: boolean,
): Promise<ReferenceTarget> {
  // The latest is the latest live one.
  const found =
    reference.version === -1
      ? await findVersion(store, named, 'latest', false)
      : await findVersion(store, named, reference.version, withDeleted);
  if (!found) throw missing(reference);
  return { name: found.name, version: found.version, id: found.id };
}

function missing({ name, subject, version }: Reference): RegistryError {
  return new RegistryError('INVALID_SCHEMA', {
    detail: `Invalid schema, details: No schema reference found for subject "${subject}" and version ${version} (reference "${name}")`,
  });
}
