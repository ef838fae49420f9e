import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFields } from './switches.ts';

type Schema = Record<string, unknown>;

interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** What `/openapi/v2` of an API server has of interest. */
export interface OpenApi {
  readonly definitions: Readonly<Record<string, Schema>>;
}

const prefix = '#/definitions/';

/**
 * One JSON Schema for each kind, in files of the names that kubeconform looks for. Strict: a field that the API does not
 * know is refused, where an API server would only warn of it.
 */
export function writeKubernetesSchemas({ definitions }: OpenApi, folder: string): void {
  for (const [name, definition] of Object.entries(definitions)) {
    for (const { group, version, kind } of (definition['x-kubernetes-group-version-kind'] ??
      []) as GroupVersionKind[]) {
      const needed = Object.fromEntries(
        [...closure(definitions, name)].map((one) => [one, strict(definitions[one])]),
      );
      writeFileSync(
        join(folder, schemaFile(group, version, kind)),
        JSON.stringify({
          $schema: 'http://json-schema.org/draft-07/schema#',
          $ref: `${prefix}${name}`,
          definitions: needed,
        }),
      );
    }
  }
}

/** As a template of kubeconform's `-schema-location`. */
export const schemaLocation = '{{.Group}}_{{.ResourceAPIVersion}}_{{.ResourceKind}}.json';

function schemaFile(group: string, version: string, kind: string): string {
  // kubeconform has the version for the group of the core's kinds.
  return `${group || version}_${version}_${kind.toLowerCase()}.json`;
}

function closure(definitions: OpenApi['definitions'], name: string, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  found.add(name);
  for (const [, other = ''] of JSON.stringify(definitions[name]).matchAll(
    /"\$ref":"#\/definitions\/([^"]+)"/g,
  ))
    closure(definitions, other, found);
  return found;
}

function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict);
  if (!isFields(schema)) return schema;
  // OpenAPI 2 cannot say that a field may be either.
  if (schema.format === 'int-or-string') return { type: ['string', 'integer'] };
  const { format, ...rest } = schema;
  const inside = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, strict(value)]));
  return isFields(schema.properties) && schema.additionalProperties === undefined
    ? { ...inside, additionalProperties: false }
    : inside;
}
