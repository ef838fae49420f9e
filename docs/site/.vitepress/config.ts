import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const repository = 'https://github.com/llm-schema-registry/llm-schema-registry';
/** Where GitHub Pages has it; a site of its own says `SITE_BASE=/`. */
const base = process.env.SITE_BASE ?? '/llm-schema-registry/';

/** Pages that a reader of the site wants; the rest of the repository is linked on GitHub. */
const isShown = (path: string): boolean =>
  path.endsWith('.md') && !/^(\.github|test)\//.test(path) && existsSync(join(root, path));

/** The address of a page: README.md is the index of its folder. */
const addressOf = (path: string): string =>
  `/${path.replace(/(^|\/)README\.md$/, '$1').replace(/\.md$/, '')}`;

const titled = (text: string): string => {
  const plain = text.replaceAll('`', '');
  return /^.[A-Z]/.test(plain) ? plain : plain.charAt(0).toUpperCase() + plain.slice(1);
};

/** docs/README.md lists all pages by task, which is what the menu at the side is made from. */
function menu() {
  const sections = readFileSync(join(root, 'docs/README.md'), 'utf8').split(/^## /m).slice(1);
  return sections.map((section) => {
    const [title = ''] = section.split('\n');
    const links = [...section.matchAll(/\[([^\]]+)\]\(([^)\s]+)\)/g)].flatMap(
      ([, text = '', target = '']) => {
        const [file = '', anchor] = target.split('#');
        const path = normalize(join('docs', file));
        return isShown(path) && anchor === undefined ? [{ text: titled(text), link: addressOf(path) }] : [];
      },
    );
    return { text: title, collapsed: false, items: links };
  });
}

/** In the pages a link is a path of the repository. What is no page of the site is on GitHub. */
function linkOn(page: string, href: string): string {
  if (/^([a-z]+:|#)/.test(href)) return href;
  const [file = '', anchor] = href.split('#');
  const path = normalize(join(dirname(page), decodeURI(file)));
  const end = anchor === undefined ? '' : `#${anchor}`;
  if (isShown(path)) return `${addressOf(path)}${end}`;
  if (!existsSync(join(root, path))) throw new Error(`${page}: nothing is at ${href}`);
  return `${repository}/${statSync(join(root, path)).isDirectory() ? 'tree' : 'blob'}/main/${path}${end}`;
}

export default defineConfig({
  title: 'LLM Schema Registry',
  description:
    'A Kubernetes operator for schema registries of LLM applications, and the registry that it deploys',
  lang: 'en',
  base,
  srcDir: root,
  outDir: join(root, 'dist/site'),
  cacheDir: join(root, 'docs/site/node_modules/.cache/vitepress'),
  srcExclude: ['**/node_modules/**', 'dist/**', 'data/**', 'coverage/**', '.github/**', 'test/**'],
  rewrites: (id) => id.replace(/(^|\/)README\.md$/, '$1index.md'),
  cleanUrls: true,
  // Every other dead link ends the build.
  ignoreDeadLinks: [/^http:\/\/localhost\b/],
  // The pages are above the packages of the site, where nobody looks for packages.
  vite: { resolve: { alias: { vue: join(root, 'docs/site/node_modules/vue') } } },
  // Fonts of somebody else would tell them who reads.
  useWebFonts: false,
  head: [['meta', { name: 'theme-color', content: '#3451b2' }]],
  markdown: {
    config: (markdown) => {
      const fence = markdown.renderer.rules.fence?.bind(markdown.renderer.rules);
      markdown.renderer.rules.fence = (tokens, index, ...rest) => {
        const { info, content } = tokens[index] ?? { info: '', content: '' };
        if (info.trim() !== 'mermaid') return fence?.(tokens, index, ...rest) ?? '';
        return `<Diagram text="${encodeURIComponent(content)}"></Diagram>`;
      };
      markdown.core.ruler.push('links', ({ tokens, env }) => {
        const page = String(env.relativePath).replace(/(^|\/)index\.md$/, '$1README.md');
        for (const token of tokens.flatMap(({ children }) => children ?? [])) {
          const href = token.type === 'link_open' ? token.attrGet('href') : null;
          if (href !== null) token.attrSet('href', linkOn(page, href));
        }
      });
    },
    // The registry of colours knows none of these.
    languageAlias: { alloy: 'hcl', logql: 'ini', promql: 'ini', console: 'sh', text: 'txt' },
  },
  themeConfig: {
    nav: [
      { text: 'Install', link: '/docs/install' },
      { text: 'Use', link: '/docs/register-and-check' },
      { text: 'Operate', link: '/docs/monitoring' },
      { text: 'All pages', link: '/docs/' },
    ],
    sidebar: menu(),
    outline: [2, 3],
    search: { provider: 'local' },
    socialLinks: [{ icon: 'github', link: repository }],
    editLink: { pattern: `${repository}/edit/main/:path` },
    footer: { message: 'Under the Apache License 2.0.' },
  },
});
