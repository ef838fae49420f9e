import { isBuiltin } from 'node:module';

// `import type` is gone when the program runs, and a relative path is no package.
const statement =
  /^\s*(?:import|export)\s+(?!type\s)(?:[^'";]*?\sfrom\s+)?'([^'.][^']*)'|\b(?:import|require)\(\s*'([^'.][^']*)'\s*\)/gm;

/** The packages that a source file imports when it runs. */
export const importedPackages = (source: string): string[] => {
  const names = [...source.matchAll(statement)]
    .map(([, named, called]) => named ?? called ?? '')
    .filter((specifier) => !isBuiltin(specifier))
    .map((specifier) =>
      specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/'),
    );
  return [...new Set(names)];
};
