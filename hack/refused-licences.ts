/** Part of package-lock.json, version 3. */
export interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly version?: string; readonly dev?: boolean; readonly license?: string }>
  >;
}

/** Licences that ask for nothing but a notice, which the images carry. By their SPDX identifiers. */
const allowed: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'PSF-2.0',
  'PostgreSQL',
  'Python-2.0',
  'Unlicense',
  'Zlib',
]);

/** Whether an SPDX expression can be kept to: one side of OR is enough, AND binds stronger and asks for both. */
export function isAllowed(expression: string): boolean {
  const words = expression.match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;
  const either = (): boolean => {
    let holds = both();
    while (words[at] === 'OR') {
      at += 1;
      holds = both() || holds;
    }
    return holds;
  };
  const both = (): boolean => {
    let holds = one();
    while (words[at] === 'AND') {
      at += 1;
      holds = one() && holds;
    }
    return holds;
  };
  const one = (): boolean => {
    const word = words[at];
    at += 1;
    if (word !== '(') return word !== undefined && allowed.has(word);
    const holds = either();
    at += 1;
    return holds && words[at - 1] === ')';
  };
  return either() && at === words.length;
}

/** What is passed on with a program and has no licence, or one that is not on the list: `name version: licence`. */
export function refusedLicences({ packages }: Lock): string[] {
  return Object.entries(packages)
    .filter(
      ([path, { dev, license }]) => path !== '' && !dev && !(license !== undefined && isAllowed(license)),
    )
    .map(
      ([path, { version, license = 'none' }]) =>
        `${path.replace(/^.*node_modules\//, '')} ${version}: ${license}`,
    );
}
