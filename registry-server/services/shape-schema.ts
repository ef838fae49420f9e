import type { Registry } from '../registry.ts';
import type { StoredSchema } from '../store/store.ts';
import { formatSubjectName, parseSubjectName } from '../subject-name.ts';
import { formatSchema } from './format-schema.ts';

/** @param isQualified subjects of references carry their context */
export async function shapeSchema(
  registry: Registry,
  stored: StoredSchema,
  format: string | undefined,
  isQualified: boolean,
): Promise<StoredSchema> {
  const formatted = await formatSchema(registry, stored.context, stored, format);
  if (!isQualified) return formatted;
  const references = formatted.references.map((reference) => ({
    ...reference,
    subject: formatSubjectName(parseSubjectName(reference.subject, stored.context)),
  }));
  return { ...formatted, references };
}
