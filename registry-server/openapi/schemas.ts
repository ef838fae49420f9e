import { readinessStatuses } from '../readiness.ts';
import { schemaTypeNames } from '../services/parse-schema.ts';
import type { JsonSchema } from './json-schema.ts';
import { levels, MAX_INTEGER } from './parameters.ts';
import { renderingSchemas } from './rendering-schemas.ts';

export const ref = (name: SchemaName): JsonSchema => ({ $ref: `#/components/schemas/${name}` });
export const listOf = (items: JsonSchema): JsonSchema => ({ type: 'array', items });

const text: JsonSchema = { type: 'string' };
const flag: JsonSchema = { type: 'boolean' };
const id: JsonSchema = { type: 'integer', minimum: 1, maximum: MAX_INTEGER };
const version: JsonSchema = { type: 'integer', minimum: 1, maximum: MAX_INTEGER };
const orNull = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] });

const modes = ['READWRITE', 'READONLY', 'READONLY_OVERRIDE', 'IMPORT', 'FORWARD'];
const own = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

/** What a schema is, wherever it is shown. Empty lists and maps are left out. */
const content = {
  schemaType: { description: 'The language of the schema.', ...own('SchemaType') },
  schema: { type: 'string', description: 'The schema as text.' },
  references: { ...listOf(own('Reference')), description: 'The schemas that this one refers to.' },
  metadata: own('Metadata'),
  ruleSet: own('RuleSet'),
  schemaTags: { ...listOf(own('SchemaTags')), description: 'The tags in and on the schema, when asked for.' },
  ts: { type: 'integer', description: 'When it was registered, in milliseconds since 1970.' },
  deleted: { const: true, description: 'It was soft-deleted.' },
} as const satisfies Record<string, JsonSchema>;

const guid: JsonSchema = {
  type: 'string',
  format: 'uuid',
  description: 'The content, in any context and registry.',
};

const sentContent = {
  schema: { ...orNull(text), description: 'The schema as text; PROTOBUF: or base64 of a file descriptor.' },
  schemaType: { ...orNull(own('SchemaType')), default: 'AVRO' },
  references: orNull(listOf(own('SentReference'))),
  metadata: orNull(own('Metadata')),
  ruleSet: orNull(own('RuleSet')),
} as const satisfies Record<string, JsonSchema>;

const settings = {
  compatibilityGroup: {
    ...text,
    description: 'A metadata property: only versions with the same value of it are compared.',
  },
  compatibilityPolicy: { enum: ['STRICT', 'LENIENT', 'LOGICAL'] },
  normalize: flag,
  validateFields: flag,
  validateNewSchemas: flag,
  validateRules: flag,
  alias: { ...text, description: 'The subject that this one stands for; an empty text means none.' },
  aliasForDeks: text,
  defaultMetadata: own('Metadata'),
  overrideMetadata: own('Metadata'),
  defaultRuleSet: own('RuleSet'),
  overrideRuleSet: own('RuleSet'),
} as const satisfies Record<string, JsonSchema>;

const settingsOrNull = Object.fromEntries(
  Object.entries(settings).map(([name, schema]) => [name, orNull(schema)]),
);

/** Shared by the operations. Replies are open to more fields, as clients must be. */
export const schemas = {
  Error: {
    type: 'object',
    required: ['error_code', 'message'],
    properties: { error_code: { type: 'integer' }, message: text },
  },
  SchemaType: { type: 'string', enum: [...schemaTypeNames] },
  Reference: {
    type: 'object',
    required: ['name', 'subject', 'version'],
    properties: {
      name: { ...text, description: 'AVRO: a full name. JSON: the `$ref`. PROTOBUF: the import.' },
      subject: text,
      version,
    },
  },
  SentReference: {
    type: 'object',
    required: ['name', 'subject', 'version'],
    properties: {
      name: { type: 'string', minLength: 1 },
      subject: { type: 'string', minLength: 1 },
      version: { anyOf: [version, { const: -1, description: 'The latest one.' }] },
    },
  },
  Metadata: {
    type: 'object',
    description: 'What a data contract says about the schema.',
    properties: {
      tags: {
        type: 'object',
        description: 'Tags by the path of a field: `**.ssn`.',
        additionalProperties: listOf(text),
      },
      properties: { type: 'object', additionalProperties: text },
      sensitive: { ...listOf(text), description: 'Names of properties that are not for logs.' },
    },
  },
  Rule: {
    type: 'object',
    description: 'A rule of a data contract. Clients run it, not the server.',
    required: ['name', 'type'],
    properties: {
      name: { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_-]*$' },
      doc: orNull(text),
      kind: orNull({ type: 'string', enum: ['TRANSFORM', 'CONDITION'] }),
      mode: orNull({
        type: 'string',
        enum: ['UPGRADE', 'DOWNGRADE', 'UPDOWN', 'WRITE', 'READ', 'WRITEREAD'],
      }),
      type: { ...text, description: 'Who runs it: `CEL`, `CEL_FIELD`, `JSONATA`, `ENCRYPT`, …' },
      tags: orNull(listOf(text)),
      params: orNull({ type: 'object', additionalProperties: text }),
      expr: orNull(text),
      onSuccess: orNull(text),
      onFailure: orNull(text),
      disabled: orNull(flag),
    },
  },
  RuleSet: {
    type: 'object',
    properties: {
      migrationRules: { ...orNull(listOf(own('Rule'))), description: 'UPGRADE, DOWNGRADE or UPDOWN.' },
      domainRules: { ...orNull(listOf(own('Rule'))), description: 'WRITE, READ or WRITEREAD.' },
      encodingRules: { ...orNull(listOf(own('Rule'))), description: 'WRITE, READ or WRITEREAD.' },
      enableAt: orNull(text),
    },
  },
  SchemaTags: {
    type: 'object',
    required: ['schemaEntity', 'tags'],
    properties: {
      schemaEntity: {
        type: 'object',
        properties: { entityPath: text, entityType: { type: 'string', enum: ['sr_record', 'sr_field'] } },
      },
      tags: listOf(text),
    },
  },
  SentSchema: {
    type: 'object',
    description: 'A schema to look up or to check.',
    properties: sentContent,
  },
  Registration: {
    type: 'object',
    description: 'A schema to register. An empty one keeps the text of the latest version.',
    properties: {
      ...sentContent,
      version: orNull({
        type: 'integer',
        minimum: -1,
        maximum: MAX_INTEGER,
        description: '0: the next one. -1: only the latest counts as already there.',
      }),
      id: orNull({
        type: 'integer',
        minimum: -1,
        maximum: MAX_INTEGER,
        description: 'In import mode alone.',
      }),
      schemaTagsToAdd: orNull(listOf(own('SchemaTags'))),
      schemaTagsToRemove: orNull(listOf(own('SchemaTags'))),
      propagateSchemaTags: orNull(flag),
    },
  },
  TagChange: {
    type: 'object',
    description: 'What the next version has other than this one.',
    properties: {
      newVersion: orNull({ type: 'integer', minimum: 1, maximum: MAX_INTEGER }),
      tagsToAdd: orNull(listOf(own('SchemaTags'))),
      tagsToRemove: orNull(listOf(own('SchemaTags'))),
      metadata: orNull(own('Metadata')),
      ruleSet: orNull(own('RuleSet')),
      rulesToMerge: orNull(own('RuleSet')),
      rulesToRemove: orNull(listOf(text)),
    },
  },
  Registered: {
    type: 'object',
    required: ['id', 'version', 'guid', 'schemaType', 'schema'],
    properties: { id, version, guid, ...content },
  },
  Version: {
    type: 'object',
    required: ['subject', 'version', 'id', 'guid', 'schemaType', 'schema'],
    properties: { subject: text, version, id, guid, ...content },
  },
  ListedVersion: {
    type: 'object',
    required: ['subject', 'version', 'id', 'guid', 'schemaType', 'schema'],
    properties: { subject: text, version, id, guid, ...content, aliases: listOf(text) },
  },
  Schema: {
    type: 'object',
    required: ['guid', 'schemaType', 'schema'],
    properties: {
      subject: { ...text, description: 'Only where the request names it.' },
      version,
      id,
      guid,
      ...content,
      maxId: { type: 'integer', minimum: 0 },
    },
  },
  SubjectVersion: {
    type: 'object',
    required: ['subject', 'version'],
    properties: { subject: text, version },
  },
  ContextId: {
    type: 'object',
    required: ['context', 'id'],
    properties: { context: text, id },
  },
  Compatibility: {
    type: 'object',
    required: ['is_compatible'],
    properties: { is_compatible: flag, messages: { ...listOf(text), description: 'With `verbose=true`.' } },
  },
  Level: { type: 'string', enum: [...levels] },
  Config: {
    type: 'object',
    properties: { compatibilityLevel: own('Level'), ...settings },
  },
  ConfigChange: {
    type: 'object',
    description: 'What is left out stays as it is; null clears it.',
    properties: { compatibility: orNull(own('Level')), ...settingsOrNull },
  },
  Mode: {
    type: 'object',
    required: ['mode'],
    properties: { mode: { type: 'string', enum: modes } },
  },
  ModeChange: {
    type: 'object',
    description: 'Null clears it.',
    properties: { mode: orNull({ type: 'string', enum: modes }) },
  },
  ClusterId: {
    type: 'object',
    required: ['scope'],
    properties: {
      id: text,
      scope: {
        type: 'object',
        required: ['path', 'clusters'],
        properties: {
          path: listOf(text),
          clusters: { type: 'object', additionalProperties: text },
        },
      },
    },
  },
  ServerVersion: {
    type: 'object',
    required: ['version', 'commitId'],
    properties: { version: text, commitId: text },
  },
  Deployment: {
    type: 'object',
    required: ['attributes'],
    properties: { attributes: listOf(text) },
  },
  Nothing: { type: 'object', maxProperties: 0 },
  Health: {
    type: 'object',
    required: ['status'],
    properties: { status: { const: 'up' } },
  },
  ...renderingSchemas,
  Readiness: {
    type: 'object',
    required: ['status'],
    properties: {
      status: { enum: [...readinessStatuses] },
      version: { ...text, description: 'For an admin, like all that follows.' },
      cause: { ...text, description: 'Why it is down.' },
      checks: { type: 'object', additionalProperties: own('Check') },
    },
  },
  Check: {
    type: 'object',
    required: ['kind', 'status'],
    properties: {
      kind: text,
      status: { enum: ['up', 'down'] },
      version: text,
      migration: { type: 'integer', description: 'Of the tables: the last that was applied.' },
      oldestServer: {
        ...text,
        description: 'The oldest version of the server that can work with the tables.',
      },
      cause: text,
      reason: { ...text, description: 'The cause in one word.' },
    },
  },
} as const satisfies Record<string, JsonSchema>;

export type SchemaName = keyof typeof schemas;
