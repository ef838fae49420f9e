import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { Problem } from './problem.ts';
import { reasonOf } from './registry-client.ts';
import { readVersion, type SchemaType, schemaTypes, type WantedVersion } from './schema.ts';
import { shown } from './shown.ts';
import { parseYaml } from './yaml.ts';

/** What `check` and `publish` work on: a file that is to be a version of a subject. */
export interface SchemaFile {
  readonly subject: string;
  /** As a person would write it from where the command runs. */
  readonly file: string;
  readonly schema: string;
  readonly schemaType: SchemaType;
  readonly references: readonly FileReference[];
  readonly metadata?: unknown;
  readonly ruleSet?: unknown;
}

export interface FileReference {
  readonly name: string;
  readonly subject: string;
  /** `latest` is what another file of the same run publishes, else the registry's latest. */
  readonly version: WantedVersion;
}

/** The file registry.yaml. */
export interface Project {
  readonly subjects: readonly Entry[];
  readonly pull:
    | { readonly folder: string | undefined; readonly subjects: ReadonlyMap<string, WantedVersion> }
    | undefined;
}

interface Entry extends Omit<SchemaFile, 'schema'> {}

export const projectFile = 'registry.yaml';

const typeOfExtension: Readonly<Record<string, SchemaType>> = {
  '.avsc': 'AVRO',
  '.json': 'JSON',
  '.jsonschema': 'JSON',
  '.proto': 'PROTOBUF',
};
export const extensionOfType: Readonly<Record<string, string>> = {
  AVRO: '.avsc',
  JSON: '.json',
  PROTOBUF: '.proto',
};

/** @throws Problem with the file's name */
export function readText(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new Problem(`${shown(file)} cannot be read: ${reasonOf(error)}.`, { cause: error });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new Problem(`${shown(file)} is not text in UTF-8.`, { cause: error });
  }
}

/** @throws Problem that says where in the file what is wrong; undefined where the default file is not there */
export function readProject(file: string | undefined): Project | undefined {
  if (file === undefined && !existsSync(projectFile)) return undefined;
  const path = file ?? projectFile;
  const at = new Place(path, parseYaml(readText(path), shown(path)));
  const top = at.fields(['subjects', 'pull']);
  const subjects = top.find('subjects')?.entries() ?? [];
  const pull = top.find('pull')?.fields(['folder', 'subjects']);
  const folder = dirname(path);
  const folderOfPull = pull?.find('folder')?.text('a folder, such as schemas');
  return {
    subjects: subjects.map(([subject, place]) => readEntry(subject, place, folder)),
    pull: pull && {
      folder: folderOfPull === undefined ? undefined : join(folder, folderOfPull),
      subjects: new Map(
        (pull.find('subjects')?.entries() ?? []).map(([subject, place]) => [subject, place.version()]),
      ),
    },
  };
}

function readEntry(subject: string, place: Place, folder: string): Entry {
  if (typeof place.value === 'string')
    return { ...entryOf(subject, join(folder, place.value), undefined), references: [] };
  const entry = place.fields(['file', 'type', 'references', 'metadata', 'ruleSet']);
  const file = entry.get('file').text('the file with the schema');
  return {
    ...entryOf(subject, join(folder, file), entry.find('type')?.oneOf(schemaTypes)),
    references: entry.find('references')?.references() ?? [],
    metadata: entry.find('metadata')?.value,
    ruleSet: entry.find('ruleSet')?.value,
  };
}

const entryOf = (subject: string, file: string, type: SchemaType | undefined) => {
  const schemaType = type ?? typeOfExtension[extname(file).toLowerCase()];
  if (schemaType === undefined)
    throw new Problem(
      `${shown(file)} does not say by its name of which type it is; give one of ${schemaTypes.join(', ')} (--type, or type in ${projectFile}).`,
    );
  return { subject, file, schemaType };
};

/** What stands behind `check` and `publish`. */
export interface Selection {
  /** `SUBJECT=FILE`, or a FILE that registry.yaml or `subject` gives a subject. */
  readonly words: readonly string[];
  readonly subject: string | undefined;
  readonly type: string | undefined;
  /** A file with a list of references, for one schema. */
  readonly referencesFile: string | undefined;
  readonly projectFile: string | undefined;
}

/** The files that are meant, read. @throws Problem where none are, or one is not to be read */
export function selectFiles(selection: Selection): SchemaFile[] {
  const { words, subject, referencesFile } = selection;
  const type = readType(selection.type);
  if (subject !== undefined && words.length !== 1)
    throw new Problem('--subject goes with one file; for several write SUBJECT=FILE for each.');
  const project = readProject(selection.projectFile);
  const entries =
    words.length === 0
      ? (project?.subjects ?? [])
      : words.flatMap((word) => meant(word, subject, type, project));
  if (entries.length === 0)
    throw new Problem(
      `No file is given: write SUBJECT=FILE, or name the files of your subjects in ${projectFile}.`,
    );
  if (referencesFile !== undefined && entries.length !== 1)
    throw new Problem('--references goes with one file.');
  const twice = entries.find(
    (entry, index) => entries.findIndex((other) => other.subject === entry.subject) !== index,
  );
  if (twice) throw new Problem(`The subject "${shown(twice.subject)}" is given twice.`);
  const given = referencesFile === undefined ? undefined : readReferences(referencesFile);
  return entries.map((entry) => ({
    ...entry,
    references: given ?? entry.references,
    file: relative('', entry.file) || entry.file,
    schema: readText(entry.file),
  }));
}

function readType(text: string | undefined): SchemaType | undefined {
  return schemaTypes.find((type) => type === text?.toUpperCase());
}

function meant(
  word: string,
  subject: string | undefined,
  type: SchemaType | undefined,
  project: Project | undefined,
): Entry[] {
  if (subject !== undefined) return [{ ...entryOf(subject, word, type), references: [] }];
  const inProject = project?.subjects.filter(({ file }) => resolve(file) === resolve(word)) ?? [];
  if (inProject.length > 0) return inProject;
  const separator = word.indexOf('=');
  if (separator > 0 && !existsSync(word))
    return [{ ...entryOf(word.slice(0, separator), word.slice(separator + 1), type), references: [] }];
  throw new Problem(
    `It is not said of which subject ${shown(word)} is: write SUBJECT=${shown(basename(word))}, --subject, or name it in ${projectFile}.`,
  );
}

const readReferences = (file: string): FileReference[] =>
  new Place(file, parseYaml(readText(file), shown(file))).references();

/** A value in a file, and the way to it. */
class Place {
  readonly path: string;
  readonly value: unknown;

  constructor(path: string, value: unknown) {
    this.path = path;
    this.value = value;
  }

  fail(would: string): Problem {
    return new Problem(`${shown(this.path)} ${would}.`);
  }

  entries(): [name: string, place: Place][] {
    if (typeof this.value !== 'object' || this.value === null || Array.isArray(this.value))
      throw this.fail('has to be a map');
    const separator = this.path.includes(': ') ? '.' : ': ';
    return Object.entries(this.value).map(([name, value]) => [
      name,
      new Place(`${this.path}${separator}${name}`, value),
    ]);
  }

  /** @throws Problem for a field that is none of these */
  fields(known: readonly string[]): { find(name: string): Place | undefined; get(name: string): Place } {
    const places = new Map(this.value === null ? [] : this.entries());
    for (const [name, place] of places)
      if (!known.includes(name)) throw place.fail(`is not a field; there are ${known.join(', ')}`);
    const find = (name: string) => (places.get(name)?.value === null ? undefined : places.get(name));
    const get = (name: string) => {
      const place = find(name);
      if (place === undefined) throw this.fail(`has no ${name}`);
      return place;
    };
    return { find, get };
  }

  text(what: string): string {
    if (typeof this.value !== 'string' || this.value === '') throw this.fail(`has to be ${what}`);
    return this.value;
  }

  oneOf<Choice extends string>(choices: readonly Choice[]): Choice {
    const found = choices.find((choice) => choice === this.value);
    if (found === undefined) throw this.fail(`has to be one of ${choices.join(', ')}`);
    return found;
  }

  version(): WantedVersion {
    const version = readVersion(`${this.value}`);
    if (version === undefined) throw this.fail('has to be a version: a number, or latest');
    return version;
  }

  references(): FileReference[] {
    if (!Array.isArray(this.value)) throw this.fail('has to be a list of {name, subject, version}');
    return this.value.map((value, index) => {
      const { find, get } = new Place(`${this.path}[${index}]`, value).fields(['name', 'subject', 'version']);
      return {
        name: get('name').text('the name by which the schema refers to it'),
        subject: get('subject').text('a subject'),
        version: find('version')?.version() ?? 'latest',
      };
    });
  }
}
