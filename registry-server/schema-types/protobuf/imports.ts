import { InvalidSchema } from '../invalid-schema.ts';
import type { ResolvedReference } from '../schema-type.ts';
import { confluent } from './known/confluent.ts';
import { descriptor } from './known/descriptor.ts';
import { googleProtobuf } from './known/google-protobuf.ts';
import { googleType } from './known/google-type.ts';
import { linkFile } from './link.ts';
import type { Elsewhere, LinkedFile, OptionTypes, Surroundings } from './linked-file.ts';
import type { ProtoSymbol } from './model.ts';
import { parseProtoText } from './parse-text.ts';
import { readDescriptor } from './read-descriptor.ts';
import type { WrittenFile } from './written.ts';

/** Base64 of a descriptor holds none of the characters without which there is no .proto file. */
const base64Form = /^[A-Za-z0-9+/_\s-]+(?:=\s*){0,2}$/;

/** Either form of a schema. */
export function readProto(text: string): WrittenFile {
  if (base64Form.test(text)) return readDescriptor(Buffer.from(text, 'base64'));
  if (!text.isWellFormed()) throw new InvalidSchema('the text holds half of a surrogate pair');
  return parseProtoText(text);
}

const withPaths = (folder: string, files: Readonly<Record<string, string>>): [string, string][] =>
  Object.entries(files).map(([name, text]) => [`${folder}/${name}.proto`, text]);

const descriptorPath = 'google/protobuf/descriptor.proto';

/** What may be imported without a reference (Confluent's rule). */
const knownTexts: ReadonlyMap<string, string> = new Map([
  [descriptorPath, descriptor],
  ...withPaths('google/protobuf', googleProtobuf),
  ...withPaths('google/type', googleType),
  ...withPaths('confluent', confluent),
]);

export const knownImports: readonly string[] = [...knownTexts.keys()];

// Parsed when first imported, once per process: they never change.
const knownFiles = new Map<string, LinkedFile>();

/** What a file can see: its imports, linked, and all that was given with it. A reference comes before a known file of the same name. */
export function openSurroundings(
  written: WrittenFile,
  references: readonly ResolvedReference[],
): Surroundings {
  const texts = new Map(references.map(({ name, schema }) => [name, schema]));
  const imports = new Map<string, LinkedFile>();
  const inProgress = new Set<string>();
  const given = new Elsewheres();
  const surroundings: Surroundings = {
    imports,
    elsewhere: () => {
      for (const path of texts.keys()) linkPath(path);
      for (const path of knownTexts.keys()) if (!texts.has(path)) linkPath(path);
      return given;
    },
  };
  linkImportsOf(written);
  return surroundings;

  function linkImportsOf(file: WrittenFile): void {
    for (const { path } of file.imports) linkPath(path);
  }

  /** One that imports itself by way of other files is not seen by those. */
  function linkPath(path: string): void {
    if (imports.has(path) || inProgress.has(path)) return;
    const text = texts.get(path);
    const found = text === undefined ? findKnown(path) : linkReference(path, text);
    if (found === undefined) return;
    imports.set(path, found);
    given.add(path, found);
  }

  function linkReference(path: string, text: string): LinkedFile {
    inProgress.add(path);
    try {
      const file = readProto(text);
      linkImportsOf(file);
      return linkFile(file, surroundings, optionTypes);
    } catch (error) {
      if (!(error instanceof InvalidSchema) || error.message.startsWith('in "')) throw error;
      throw new InvalidSchema(`in "${path}": ${error.message}`, { cause: error });
    } finally {
      inProgress.delete(path);
    }
  }
}

/** All that the files define; of two with one name the first. */
class Elsewheres implements Elsewhere {
  readonly symbols = new Map<string, ProtoSymbol>();
  readonly paths = new Map<ProtoSymbol, string>();

  add(path: string, { file }: LinkedFile): void {
    for (const [name, symbol] of file.own) {
      if (symbol.kind === 'other' || this.symbols.has(name)) continue;
      this.symbols.set(name, symbol);
      if (symbol.kind !== 'package') this.paths.set(symbol, path);
    }
  }
}

function findKnown(path: string): LinkedFile | undefined {
  const known = knownFiles.get(path);
  if (known !== undefined) return known;
  const text = knownTexts.get(path);
  if (text === undefined) return undefined;
  const written = parseProtoText(text);
  const imports = new Map<string, LinkedFile>();
  for (const next of written.imports) {
    const found = findKnown(next.path);
    if (found !== undefined) imports.set(next.path, found);
  }
  const linked = linkFile(written, { imports, elsewhere: () => nothing }, noOptionTypes);
  knownFiles.set(path, linked);
  return linked;
}

const nothing: Elsewhere = { symbols: new Map(), paths: new Map() };

const noOptionTypes: OptionTypes = { message: () => undefined, implied: () => [] };

const metaPath = 'confluent/meta.proto';

/** Those of the known descriptor.proto, always, and of the known meta.proto. */
export const optionTypes: OptionTypes = {
  message: (name) => {
    const found = findKnown(descriptorPath)?.file.own.get(`google.protobuf.${name}`);
    return found?.kind === 'message' ? found : undefined;
  },
  implied: () => findKnown(metaPath)?.file.extensions ?? [],
};
