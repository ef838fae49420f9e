import type { SchemaFile } from './project.ts';
import type { RegistryClient } from './registry-client.ts';
import { besides, type Reference, type RegisteredSchema, type SchemaBody } from './schema.ts';

/** What is sent of a file: its references by number, as a registry keeps them. */
export async function schemaBody(
  registry: RegistryClient,
  file: SchemaFile,
  published: ReadonlyMap<string, number> = new Map(),
): Promise<SchemaBody> {
  const references: Reference[] = [];
  for (const { name, subject, version } of file.references) {
    const target = besides(subject, file.subject);
    const number =
      version === 'latest' ? (published.get(target) ?? (await latest(registry, target))) : version;
    references.push({ name, subject, version: number });
  }
  return {
    schema: file.schema,
    schemaType: file.schemaType,
    ...(references.length === 0 ? {} : { references }),
    ...(file.metadata === undefined ? {} : { metadata: file.metadata }),
    ...(file.ruleSet === undefined ? {} : { ruleSet: file.ruleSet }),
  };
}

/** @throws Refusal where the subject is not there */
async function latest(registry: RegistryClient, subject: string): Promise<number> {
  const { version } = await registry.ask<RegisteredSchema>('GET', [
    'subjects',
    subject,
    'versions',
    'latest',
  ]);
  return version;
}
