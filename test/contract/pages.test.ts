import { statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { blocksOf, files, pages, proseOf, read, root } from '../build/pages.ts';

const isThere = (path: string): boolean =>
  statSync(join(root, path), { throwIfNoEntry: false }) !== undefined;

/** Code is not read for links. */
const prose = (page: string): string => proseOf(page).replace(/`[^`\n]*`/g, '`…`');

/** What GitHub makes of the headings of a page. */
const anchors = (page: string): string[] =>
  [...proseOf(page).matchAll(/^#+ +(.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  );

/** The targets of a page's links that do not lead out of the tree and have nothing at their end. */
function deadLinks(path: string): string[] {
  const targets = [...prose(read(path)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [file = '', anchor] = target.split('#');
    const found = file === '' ? path : normalize(join(dirname(path), file));
    if (!isThere(found)) return true;
    return anchor !== undefined && !anchors(read(found)).includes(anchor);
  });
}

/** What a fence may say: the site colours each, and `sh` is what a reader types (commands.test.ts). */
const languages = [
  'alloy',
  'console',
  'csharp',
  'go',
  'java',
  'js',
  'json',
  'logql',
  'mermaid',
  'promql',
  'properties',
  'python',
  'rust',
  'sh',
  'sql',
  'text',
  'toml',
  'ts',
  'xml',
  'yaml',
];

describe('what people read', () => {
  it('there are pages', () =>
    expect(pages).to.include.members(['README.md', 'SECURITY.md', 'docs/install.md']));

  for (const page of pages) {
    it(`${page}: its links lead somewhere`, () => expect(deadLinks(page)).to.deep.equal([]));

    it(`${page}: code stands between fences, and says what it is`, () => {
      for (const { line, language } of blocksOf(page)) expect(languages, `line ${line}`).to.include(language);
      // A paragraph that begins four spaces to the right would be code too.
      const indented = proseOf(read(page)).matchAll(/^(?!.*\S).*\n(?: {4,}|\t)(?![-*\d ]).+/gm);
      expect([...indented].map(([text]) => text.trim())).to.deep.equal([]);
    });

    it(`${page}: the npm scripts that it names are there`, () => {
      const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
      const named = [...read(page).matchAll(/\bnpm run (?:-s |--silent )?([a-z][a-z:-]*[a-z])/g)];
      expect(named.map(([, name]) => name).filter((name = '') => !(name in scripts))).to.deep.equal([]);
    });
  }

  it('docs/README.md leads to every page of its folder', () => {
    const index = read('docs/README.md');
    for (const page of pages.filter((path) => /^docs\/(reference\/)?[^/]+\.md$/.test(path)))
      if (page !== 'docs/README.md') expect(index).to.include(`](${page.slice('docs/'.length)}`);
  });

  for (const page of ['operator/README.md', 'registry-server/README.md']) {
    it(`${page} names files that are there`, () => {
      const named = [...read(page).matchAll(/`([\w./-]+\.(?:ts|sql|proto|yaml))`/g)].map(
        ([, path = '']) => path,
      );
      expect(named.length).to.be.above(10);
      const isSomewhere = (path: string) => files.some((file) => `/${file}`.endsWith(`/${path}`));
      expect(named.filter((path) => !isSomewhere(path))).to.deep.equal([]);
    });
  }

  it('CONTRIBUTING.md names folders and files that are there', () => {
    const named = [...read('CONTRIBUTING.md').matchAll(/`([a-z-]+\/[a-z/.-]*)`/g)].map(
      ([, path = '']) => path,
    );
    expect(named).to.include('operator/desired/table.ts');
    const elsewhere = [
      'dist/site',
      'build/',
      'golden/',
      'desired/',
      'status/',
      'schema-types/',
      'compatibility/',
    ];
    expect(named.filter((path) => !isThere(path) && !elsewhere.includes(path))).to.deep.equal([]);
  });
});

describe('the forms for issues', () => {
  const forms = files.filter((path) => /^\.github\/ISSUE_TEMPLATE\/(?!config\.).*\.yml$/.test(path));

  it('there are some', () => expect(forms).not.to.have.lengthOf(0));

  // https://docs.github.com/communities/using-templates-to-encourage-useful-issues-and-pull-requests/syntax-for-githubs-form-schema
  for (const form of forms) {
    it(`${form} is one that GitHub takes`, () => {
      const { name, description, body } = parse(read(form)) as {
        name: string;
        description: string;
        body: { type: string; id?: string; attributes: Record<string, unknown> }[];
      };
      expect([name, description]).to.satisfy((words: unknown[]) =>
        words.every((word) => typeof word === 'string'),
      );
      const ids = body.filter(({ type }) => type !== 'markdown').map(({ id }) => id);
      expect(new Set(ids).size).to.equal(ids.length);
      expect(ids).not.to.include(undefined);
      for (const { type, attributes } of body) {
        expect(['markdown', 'textarea', 'input', 'dropdown', 'checkboxes']).to.include(type);
        expect(attributes).to.have.property(type === 'markdown' ? 'value' : 'label');
        if (type === 'dropdown') expect(attributes.options).to.be.an('array').that.is.not.empty;
      }
    });
  }
});

describe('.github/dependabot.yml', () => {
  const { updates } = parse(read('.github/dependabot.yml')) as {
    updates: { 'package-ecosystem': string; directory?: string; directories?: string[] }[];
  };
  const looked = (ecosystem: string): string[] =>
    updates
      .filter((update) => update['package-ecosystem'] === ecosystem)
      .flatMap(({ directory, directories = [] }) => [...directories, ...(directory ? [directory] : [])])
      .map((folder) => folder.slice(1));
  const foldersOf = (pattern: RegExp): string[] => [
    ...new Set(files.filter((path) => pattern.test(path)).map((path) => dirname(path).replace(/^\.$/, ''))),
  ];

  for (const [ecosystem, manifest] of [
    ['npm', /(^|\/)package-lock\.json$/],
    ['gomod', /(^|\/)go\.mod$/],
    ['docker', /(^|\/)Dockerfile[^/]*$/],
    ['docker-compose', /(^|\/)docker-compose[^/]*\.ya?ml$/],
  ] as const) {
    it(`looks at all that ${ecosystem} has here, and at nothing else`, () => {
      const folders = foldersOf(manifest);
      const isLookedAt = (folder: string, where: string) =>
        where.endsWith('/*') ? dirname(folder) === dirname(where) : folder === where;
      for (const folder of folders)
        expect(
          looked(ecosystem).filter((where) => isLookedAt(folder, where)),
          folder,
        ).to.have.lengthOf(1);
      for (const where of looked(ecosystem))
        expect(
          folders.filter((folder) => isLookedAt(folder, where)),
          where,
        ).not.to.have.lengthOf(0);
    });
  }
});
