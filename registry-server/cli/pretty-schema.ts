import { type RegisteredSchema, typeOf } from './schema.ts';

const token = /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/g;

/**
 * JSON with one thing on a line. Only white space changes: keys keep their order and numbers their digits, which
 * JSON.parse and JSON.stringify do not promise.
 */
function prettyJson(text: string): string {
  let written = '';
  let depth = 0;
  const newLine = () => `\n${'  '.repeat(depth)}`;
  let before = '';
  for (const [part] of text.matchAll(token)) {
    const isClosing = part === '}' || part === ']';
    if (isClosing) {
      depth--;
      if (before !== '{' && before !== '[') written += newLine();
    } else if (before === '{' || before === '[') written += newLine();
    written += part;
    if (part === '{' || part === '[') depth++;
    else if (part === ',') written += newLine();
    else if (part === ':') written += ' ';
    before = part;
  }
  return written;
}

/** A schema for a person to read; the same text for two that differ in white space alone. */
export function prettySchema(schema: Pick<RegisteredSchema, 'schema' | 'schemaType'>): string {
  if (typeOf(schema) === 'PROTOBUF') return schema.schema.replace(/\r\n/g, '\n').trimEnd();
  try {
    JSON.parse(schema.schema);
  } catch {
    return schema.schema;
  }
  return prettyJson(schema.schema);
}
