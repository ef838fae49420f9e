import { compatibilityLevels } from '../compatibility/modes.ts';
import type { JsonSchema } from './json-schema.ts';

export const MAX_INTEGER = 2 ** 31 - 1;

interface Parameter {
  readonly description: string;
  readonly schema: JsonSchema;
  readonly example?: unknown;
}

const flag = (description: string): Parameter => ({
  description: `${description} Anything but \`true\`, in any case, is false.`,
  schema: { type: 'boolean', default: false },
});

/** What stands for a part of a path. */
export const pathParameters = {
  subject: {
    description:
      'A subject, percent-encoded as one segment: `orders-value`, or `:.context:orders-value` in a context. `:.context:` is the context itself.',
    // 1024 bytes, which only the server can count.
    schema: { type: 'string', minLength: 1, maxLength: 1024 },
    example: 'orders-value',
  },
  version: {
    description: 'A version number, or `latest` (any case; `-1` says the same).',
    schema: {
      anyOf: [
        { type: 'integer', minimum: 1, maximum: MAX_INTEGER },
        { type: 'string', enum: ['latest', '-1'] },
      ],
    },
    example: 'latest',
  },
  id: {
    description: 'The id of a schema, as data carries it.',
    schema: { type: 'integer', minimum: 1, maximum: MAX_INTEGER },
    example: 1,
  },
  guid: {
    description: 'The guid of a schema: the same in every context and registry.',
    schema: { type: 'string', format: 'uuid' },
    example: '0b9a2f16-1cf5-3c1e-9c6a-7d2f0e8f4b11',
  },
  context: {
    description: 'A context: `staging`, `.staging` and `:.staging:` are the same one.',
    schema: { type: 'string', minLength: 1, maxLength: 1024 },
    example: '.staging',
  },
} as const satisfies Record<string, Parameter>;

export type PathName = keyof typeof pathParameters;

/** What stands after the question mark. Unknown ones are ignored. */
export const queryParameters = {
  normalize: flag('Take schemas for equal that differ only in order or in what is spelled out.'),
  force: flag('Do it all the same: skip the compatibility check, enter import mode with live subjects.'),
  format: {
    description:
      'AVRO: `resolved` (references inlined). PROTOBUF: `serialized` (base64 of the file descriptor), `ignore_extensions`. Any other value gives the schema as it is stored.',
    schema: { type: 'string', maxLength: 64 },
  },
  referenceFormat: {
    description: '`qualified`: the subjects of references with their context.',
    schema: { type: 'string', maxLength: 64 },
  },
  deleted: flag('Show what was soft-deleted, too.'),
  deletedOnly: flag('Show only what was soft-deleted.'),
  deletedAsNegative: flag('Show all versions, and those that were soft-deleted as negative numbers.'),
  permanent: flag('Remove what was soft-deleted for good.'),
  verbose: flag('Say why.'),
  defaultToGlobal: flag('Where nothing is configured, answer what applies.'),
  recursive: flag('Of a context: those of its subjects, too.'),
  aliases: flag('Show the aliases of each subject, and schemas under them.'),
  latestOnly: flag('Only the highest version of each subject.'),
  fetchMaxId: flag('Say the highest id in use, too.'),
  findTags: {
    description: 'Show only what carries one of these tags; `*`: any.',
    schema: { type: 'array', items: { type: 'string', minLength: 1 }, maxItems: 64 },
  },
  subject: {
    description: 'A subject that holds the schema; where it is qualified, its context is looked in.',
    schema: { type: 'string', maxLength: 1024 },
  },
  subjectPrefix: {
    description:
      'How the subject begins: `:*:p` in every context, `:.context:p` in one, `p` in the default one.',
    schema: { type: 'string', maxLength: 1024 },
  },
  contextPrefix: {
    description: 'How the context begins.',
    schema: { type: 'string', maxLength: 1024 },
  },
  ruleType: {
    description: 'Only schemas with a rule of this type.',
    schema: { type: 'string', maxLength: 64 },
  },
  resourceType: { description: 'What kind of resource.', schema: { type: 'string', maxLength: 64 } },
  associationType: {
    description: 'What the subject is to the resource: `key` or `value`.',
    schema: { type: 'string', maxLength: 64 },
  },
  lifecycle: { description: '`WEAK` or `STRONG`.', schema: { type: 'string', maxLength: 64 } },
  key: {
    description: 'Names of metadata properties.',
    schema: { type: 'array', items: { type: 'string' }, maxItems: 64 },
  },
  value: {
    description: 'Their values, in the same order.',
    schema: { type: 'array', items: { type: 'string' }, maxItems: 64 },
  },
  offset: {
    description: 'How many to leave out at the beginning.',
    schema: { type: 'integer', default: 0, minimum: 0, maximum: 2_147_483_647 },
  },
  limit: {
    description: 'How many at most; 0 and below: as many as the server gives.',
    schema: { type: 'integer', default: -1, minimum: -1, maximum: 2_147_483_647 },
  },
} as const satisfies Record<string, Parameter>;

export type QueryName = keyof typeof queryParameters;

export const levels: readonly string[] = compatibilityLevels;
