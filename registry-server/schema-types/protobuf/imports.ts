import { InvalidSchema, type ResolvedReference } from '../schema-type.ts';
import { confluent } from './known/confluent.ts';
import { descriptor } from './known/descriptor.ts';
import { googleProtobuf } from './known/google-protobuf.ts';
import { googleType } from './known/google-type.ts';
import { type LinkedFile, linkFile, type OptionTypes } from './link.ts';
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

/** What a file imports, linked. A reference comes before a known file of the same name. */
export function linkImports(
  written: WrittenFile,
  references: readonly ResolvedReference[],
): ReadonlyMap<string, LinkedFile> {
  const texts = new Map(references.map(({ name, schema }) => [name, schema]));
  const linked = new Map<string, LinkedFile>();
  const inProgress = new Set<string>();
  link(written);
  return linked;

  function link(file: WrittenFile): void {
    for (const { path, where } of file.imports) {
      if (linked.has(path)) continue;
      if (inProgress.has(path)) {
        throw new InvalidSchema(`${file.placeOf(where)}: "${path}" imports itself by way of other files`);
      }
      const text = texts.get(path);
      const found = text === undefined ? findKnown(path) : linkReference(path, text);
      if (found !== undefined) linked.set(path, found);
    }
  }

  function linkReference(path: string, text: string): LinkedFile {
    inProgress.add(path);
    try {
      const file = readProto(text);
      link(file);
      return linkFile(file, linked, optionTypes);
    } catch (error) {
      if (!(error instanceof InvalidSchema) || error.message.startsWith('in "')) throw error;
      throw new InvalidSchema(`in "${path}": ${error.message}`, { cause: error });
    } finally {
      inProgress.delete(path);
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
  const linked = linkFile(written, imports, noOptionTypes);
  knownFiles.set(path, linked);
  return linked;
}

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
