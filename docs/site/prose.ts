/** `npm run test:prose`: repeated words, wrong articles, sentences that are too long, and words that say nothing, in every page. */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import remarkRetext from 'remark-retext';
import retextEnglish from 'retext-english';
import retextIndefiniteArticle from 'retext-indefinite-article';
import retextRepeatedWords from 'retext-repeated-words';
import retextStringify from 'retext-stringify';
import { unified } from 'unified';
import { visit } from 'unist-util-visit';
import { VFile } from 'vfile';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** As in cspell.json; what a form asks for, and what a program has written, is nobody's prose. */
const pages = globSync('**/*.md', {
  cwd: root,
  exclude: (path) => /(^|\/)(node_modules|dist|coverage|data|\.git|\.github|reference)$/.test(path),
});

const mostWords = 60;
const better: readonly (readonly [pattern: RegExp, because: string])[] = [
  [
    /\b(simply|easily|obviously|basically|of course|please note( that)?|it should be noted)\b/gi,
    'says nothing; leave it out',
  ],
  [
    /\b(utili[sz]e[sd]?|leverages?|in order to|prior to|due to the fact that|a number of)\b/gi,
    'has a plainer word',
  ],
  [/\b(e\.g\.|i\.e\.|etc\.)/gi, 'is read more slowly than "such as", "that is" or "and so on"'],
  [/\b(whitelist|blacklist|sanity check)\w*/gi, 'has a word that says what is meant'],
  [/\bPostgres\b(?!QL)/g, 'is PostgreSQL'],
  [
    /\b(Github|Gitlab|Javascript|Typescript|NodeJS|Node JS|K8s|kubernetes|Openshift|Graphql|Grpc|GRPC)\b/g,
    'is spelled otherwise by those who made it',
  ],
  [/\b(recieve|seperate|occured|untill|wich|dependant)\w*/gi, 'is misspelled'],
];

/** Sentences without code, links' addresses and tables' bars. */
function plain(this: unknown) {
  return (tree: Parameters<typeof visit>[0], file: VFile) => {
    visit(tree, 'SentenceNode', (sentence: { children: readonly { type: string }[]; position?: object }) => {
      const words = sentence.children.filter(({ type }) => type === 'WordNode').length;
      if (words > mostWords)
        file.message(`a sentence of ${words} words; ${mostWords} are the most`, sentence as never);
    });
  };
}

const checked = unified()
  .use(remarkParse)
  .use(remarkGfm)
  .use(
    remarkRetext,
    unified()
      .use(retextEnglish)
      .use(retextRepeatedWords)
      .use(retextIndefiniteArticle)
      .use(plain as never) as never,
  )
  .use(retextStringify as never);

let count = 0;
for (const path of pages.toSorted()) {
  const text = readFileSync(`${root}${path}`, 'utf8');
  const file = new VFile({ path, value: text });
  await checked.run(checked.parse(file), file);
  const found = file.messages.map(({ line, reason }) => ({ line: line ?? 0, reason }));
  const prose = text
    .replace(/^( *)```[\s\S]*?^\1```/gm, (block) => block.replace(/[^\n]+/g, ''))
    .replace(/`[^`\n]*`|\]\([^)]*\)|https?:\S+/g, (code) => ' '.repeat(code.length));
  for (const [pattern, because] of better)
    for (const { 0: word, index } of prose.matchAll(pattern))
      found.push({ line: prose.slice(0, index).split('\n').length, reason: `"${word}" ${because}` });
  for (const { line, reason } of found.toSorted((a, b) => a.line - b.line))
    console.log(`${path}:${line}: ${reason}`);
  count += found.length;
}
console.log(count === 0 ? `${pages.length} pages read well` : `${count} to be mended`);
process.exitCode = count === 0 ? 0 : 1;
