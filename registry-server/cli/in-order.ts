import { Problem } from './problem.ts';
import type { SchemaFile } from './project.ts';
import { besides } from './schema.ts';
import { shown } from './shown.ts';

/** Each file after those that it refers to; else as they came. @throws Problem where they refer to each other */
export function inOrder(files: readonly SchemaFile[]): SchemaFile[] {
  const bySubject = new Map(files.map((file) => [file.subject, file]));
  const done = new Set<SchemaFile>();
  const visit = (file: SchemaFile, way: readonly SchemaFile[]): void => {
    if (done.has(file)) return;
    if (way.includes(file))
      throw new Problem(
        `${[...way.slice(way.indexOf(file)), file].map(({ subject }) => `"${shown(subject)}"`).join(' refers to ')}: none of them can be registered first.`,
      );
    for (const needed of neededFiles(file, bySubject)) visit(needed, [...way, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  return [...done];
}

/** The files of the same run that a file refers to, where it does not name a version that is there already. */
export const neededFiles = (file: SchemaFile, bySubject: ReadonlyMap<string, SchemaFile>): SchemaFile[] =>
  file.references
    .filter(({ version }) => version === 'latest')
    .map(({ subject }) => bySubject.get(besides(subject, file.subject)))
    .filter((needed) => needed !== undefined);
