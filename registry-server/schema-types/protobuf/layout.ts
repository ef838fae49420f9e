import { isUtf8 } from 'node:buffer';
import { escapeBytes } from './default.ts';
import type { Import, Literal, LiteralField } from './written.ts';

/** Sections after each other, an empty line before each but the first. */
export function block(head: string, sections: readonly (readonly string[])[]): string {
  const printed = sections
    .filter((section) => section.length > 0)
    .map((section) => `\n${section.map(indent).join('')}`);
  return `${head} {${printed.join('')}}\n`;
}

// The reference indents empty lines too.
export const indent = (text: string): string => text.replace(/^(?=[\s\S])/gm, '  ');

export function brackets(options: readonly (readonly [string, string])[]): string {
  const printed = options.map(([name, value]) => `${name} = ${value}`);
  if (printed.length < 2) return printed.length === 0 ? '' : ` [${printed[0]}]`;
  return ` [\n${printed.map((option) => indent(option)).join(',\n')}\n]`;
}

/** Both ends belong to it. */
interface Ends {
  readonly start: number;
  readonly end: number;
}

export function printRange({ start, end }: Ends, max: number): string {
  return start === end ? String(start) : `${start} to ${end === max ? 'max' : end}`;
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['\\', '\\\\'],
  ["'", "\\'"],
  ['"', '\\"'],
]);

export const quote = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped
  `"${text.replace(/[\u0000-\u001f\u007f\\'"]/g, (character) => escapes.get(character) ?? octal(character))}"`;

const octal = (character: string): string => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`;

/** A value that stays as it was written. */
export function printLiteral(value: Literal): string {
  switch (value.kind) {
    case 'string':
      return isUtf8(value.bytes) ? quote(value.bytes.toString()) : `"${escapeBytes(value.bytes)}"`;
    case 'message':
      return `{\n${inLines(value.fields.map(({ name, isExtension, value: inner }) => `${isExtension ? `[${name}]` : name}: ${printLiteral(inner)}`))}}`;
    case 'list':
      return `[\n${inLines(value.items.map(printLiteral))}]`;
    default:
      return value.text;
  }
}

export const inLines = (parts: readonly string[]): string =>
  parts.map((part, index) => indent(`${part}${index < parts.length - 1 ? ',' : ''}\n`)).join('');

/** A field that a message literal sets several times is a list, where it stood first. */
export function merged(value: Literal): Literal {
  if (value.kind === 'list') return { ...value, items: value.items.map(merged) };
  if (value.kind !== 'message') return value;
  const byName = Map.groupBy(value.fields, ({ name, isExtension }) => `${isExtension}${name}`);
  const fields = [...byName.values()].map(([first, ...more]) => {
    if (first === undefined) throw new Error('a group of none');
    if (more.length === 0) return { ...first, value: merged(first.value) };
    const items = [first, ...more].flatMap((one) =>
      one.value.kind === 'list' ? one.value.items : [one.value],
    );
    return { ...first, value: merged({ kind: 'list', items }) };
  });
  return { ...value, fields };
}

/** Fields by name, without lists of nothing, and without brackets around one thing. */
export function inOrder(value: Literal): Literal {
  if (value.kind === 'list') return { ...value, items: value.items.map(inOrder) };
  if (value.kind !== 'message') return value;
  const keyOf = ({ name, isExtension }: LiteralField) => (isExtension ? `[${name}]` : name);
  const fields = value.fields
    .filter(({ value: inner }) => inner.kind !== 'list' || inner.items.length > 0)
    .map((field) => {
      const { value: inner } = field;
      const [only, more] = inner.kind === 'list' ? inner.items : [inner];
      const isOne = only !== undefined && more === undefined && only.kind !== 'list';
      return { ...field, value: inOrder(isOne ? only : inner) };
    })
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  return { ...value, fields };
}

/** Public ones after the others, as in the reference; those of options last, as protoc demands. */
export function importStatements(imports: readonly Pick<Import, 'path' | 'kind'>[]): readonly string[] {
  const last = (kind: Import['kind']): number => (kind === 'option' ? 2 : kind === 'public' ? 1 : 0);
  return imports
    .toSorted((a, b) => last(a.kind) - last(b.kind))
    .map(({ path, kind }) => `import ${kind === 'plain' ? '' : `${kind} `}${quote(path)};\n`);
}
