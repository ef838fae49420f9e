import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** Paths below the root, without what packages and git bring, and what programs write. */
export const files: readonly string[] = readdirSync(root, { withFileTypes: true })
  .filter(({ name }) => !['node_modules', '.git', 'data', 'dist', 'coverage'].includes(name))
  .flatMap((entry) =>
    entry.isDirectory()
      ? readdirSync(join(root, entry.name), { recursive: true, encoding: 'utf8' }).map((path) =>
          join(entry.name, path),
        )
      : [entry.name],
  )
  .filter((path) => !path.includes('node_modules/'));

/** All that people read here, by its path below the root. */
export const pages: readonly string[] = files.filter((path) => path.endsWith('.md'));

/** Those that say what to do. What was done, and what a form asks for, is no guide. */
export const guides: readonly string[] = pages.filter(
  (path) => path !== 'CHANGELOG.md' && !path.startsWith('.github/'),
);

export const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** A block of code between two fences. */
export interface Block {
  readonly page: string;
  /** Where its first fence is. */
  readonly line: number;
  /** What the fence says: sh, yaml and so on, or nothing. */
  readonly language: string;
  readonly text: string;
}

/** The blocks of a page in their order; one in a list is read without the list's indent. */
export function blocksOf(page: string, text: string = read(page)): readonly Block[] {
  const lines = text.split('\n');
  const blocks: Block[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const [, indent, language = ''] = /^( *)```(\S*)/.exec(lines[index] ?? '') ?? [];
    if (indent === undefined) continue;
    const line = index + 1;
    const content: string[] = [];
    for (index += 1; index < lines.length && lines[index]?.trim() !== '```'; index += 1)
      content.push((lines[index] ?? '').slice(indent.length));
    blocks.push({ page, line, language, text: content.join('\n') });
  }
  return blocks;
}

/** A page without its blocks, of as many lines. */
export const proseOf = (text: string): string =>
  text.replace(/^( *)```[\s\S]*?^\1```/gm, (block) => block.replace(/[^\n]+/g, ''));

/** What somebody who follows a page types. */
export interface Command {
  readonly page: string;
  readonly line: number;
  /** Whole, with the lines that belong to it; without a comment at its end. */
  readonly text: string;
  /** What the page shows of its answer. */
  readonly answer?: string;
}

/** What a sentence may tell to type. A name with a verb alone, such as `helm upgrade`, is only spoken of. */
const programs =
  /^(?:[A-Z_]+=\S+ )*(amtool|argocd|cosign|ctr|curl|docker|flux|git|grpcurl|helm|jq|kubectl|node|npm|npx|openssl|pg_dump|pip|promtool|psql|registry|skopeo|velero) /;

/**
 * The commands of a page in their order: those of its blocks `sh`, those after a `$` in its blocks `console`, with what follows them
 * there, and those that are named in a sentence. A block `json` right after one of `sh` is the answer to its last command.
 */
export function commandsOf(page: string, text: string = read(page)): readonly Command[] {
  const blocks = blocksOf(page, text);
  const inBlocks = blocks.flatMap((block, index) => {
    const typed = typedIn(block);
    const next = blocks[index + 1];
    const last = typed.at(-1);
    // A block of JSON that follows at once is what the last command answers.
    const isAnswered =
      block.language === 'sh' &&
      next?.language === 'json' &&
      next.line === block.line + block.text.split('\n').length + 3;
    return isAnswered && last !== undefined ? [...typed.slice(0, -1), { ...last, answer: next.text }] : typed;
  });
  const inSentences = proseOf(text)
    .split('\n')
    .flatMap((line, index) =>
      [...line.matchAll(/`([^`\n]+)`/g)]
        .map(([, span = '']) => span)
        .filter((span) => programs.test(span) && span.split(' ').length > 2)
        .map((span) => ({ page, line: index + 1, text: span })),
    );
  return [...inBlocks, ...inSentences].toSorted((a, b) => a.line - b.line);
}

function typedIn({ page, line, language, text }: Block): readonly Command[] {
  if (language === 'sh') return split(text).map((one) => ({ page, line: line + one.line, text: one.text }));
  if (language !== 'console') return [];
  return text
    .split(/^(?=\$ )/m)
    .filter((part) => part.startsWith('$ '))
    .map((part) => {
      const [first] = split(part.slice(2));
      const length = first?.text.split('\n').length ?? 1;
      const answer = part.split('\n').slice(length).join('\n').trim();
      const before = text.slice(0, text.indexOf(part)).split('\n').length;
      return { page, line: line + before, text: first?.text ?? '', answer };
    });
}

/** The commands of a shell's text: a line each, unless a quote, a backslash or a here-document goes on. */
export function split(text: string): readonly { readonly text: string; readonly line: number }[] {
  const commands: { text: string; line: number }[] = [];
  let parts: string[] = [];
  let start = 0;
  let quote: string | undefined;
  let ending: string | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    if (parts.length === 0) start = index + 1;
    if (ending !== undefined) {
      parts.push(line);
      if (line === ending) ending = undefined;
    } else {
      const scanned = scan(line, quote);
      quote = scanned.quote;
      parts.push(scanned.code);
      ending = /<<-?'?(\w+)'?/.exec(scanned.code)?.[1];
    }
    if (quote !== undefined || ending !== undefined || /(\\|[^|]\|)$/.test(parts.at(-1) ?? '')) continue;
    const whole = parts.join('\n').trim();
    if (whole !== '') commands.push({ text: whole, line: start });
    parts = [];
  }
  return commands;
}

/** A line without its comment, and the quote that is open at its end. */
function scan(line: string, open: string | undefined): { readonly code: string; readonly quote?: string } {
  let quote = open;
  for (let index = 0; index < line.length; index += 1) {
    const letter = line[index];
    if (letter === '\\' && quote !== "'") index += 1;
    else if (quote !== undefined) quote = letter === quote ? undefined : quote;
    else if (letter === '"' || letter === "'") quote = letter;
    else if (letter === '#' && (index === 0 || line[index - 1] === ' '))
      return { code: line.slice(0, index).trimEnd() };
  }
  return quote === undefined ? { code: line } : { code: line, quote };
}
