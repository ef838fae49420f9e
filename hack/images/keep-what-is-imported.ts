// Runs inside the Dockerfiles: node keep-what-is-imported.ts PROGRAM
// Removes from node_modules what the program does not import, and from what is left the files that no program reads. Licences and
// notices stay; a package that was published without the text of its licence gets it.
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keptPackages } from './kept-packages.ts';
import { isLicence, licenceIn, licenceText } from './licences.ts';

const program = process.argv[2] ?? '';
const modules = 'node_modules';

const kept = keptPackages(program);

/** Types and sources (Node runs no TypeScript below node_modules), source maps, documents, and what only an older Node would load. */
const unread =
  /\.([cm]?ts|map|md|markdown|flow|tsbuildinfo)$|(^|\/)CHANGELOG[^/]*$|\/pglite\/dist\/.*\.(tar\.gz|cjs)$/;

/** What of a package is left out: its tests and examples, and what only bundlers and browsers load. */
const unreadFolder =
  /node_modules\/(@[^/]+\/)?[^/]+\/(build\/)?(tests?|__tests__|examples?|benchmarks?|browser|dist-es)$/;

const apache = readFileSync('LICENSE', 'utf8');

/** Makes sure that a package has the text of its licence in a file of its own. */
const addLicence = (folder: string): void => {
  const files = readdirSync(folder).filter((entry) => statSync(join(folder, entry)).isFile());
  if (files.some((file) => isLicence(file) && !/^(authors|notice)/i.test(file))) return;
  const readMe = files.find((file) => /^readme/i.test(file));
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const text =
    (readMe && licenceIn(readFileSync(join(folder, readMe), 'utf8'))) ?? licenceText(manifest, apache);
  if (text === undefined) {
    throw new Error(
      `${folder}: published under ${JSON.stringify(manifest.license)}, but the text is nowhere in it`,
    );
  }
  writeFileSync(join(folder, 'LICENSE'), text);
};
for (const folder of kept) addLicence(folder);

const isNeededAbove = (folder: string) => [...kept].some((other) => other.startsWith(`${folder}/`));

const clean = (folder: string): void => {
  for (const entry of readdirSync(folder)) {
    const path = join(folder, entry);
    const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
    const isPackage = existsSync(join(path, 'package.json')) && /node_modules\/(@[^/]+\/)?[^/]+$/.test(path);
    if (!isFolder && isLicence(path)) continue;
    if (
      entry.startsWith('.') ||
      (isPackage && !kept.has(path) && !isNeededAbove(path)) ||
      (isFolder ? unreadFolder : unread).test(path)
    ) {
      rmSync(path, { recursive: true, force: true });
    } else if (isFolder) {
      clean(path);
      if (readdirSync(path).length === 0) rmSync(path, { recursive: true });
    }
  }
};

if (existsSync(modules)) clean(modules);
console.log(`${program}: ${kept.size} packages kept`);
