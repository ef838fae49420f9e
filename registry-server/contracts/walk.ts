import type { Notes } from './notes.ts';
import type { Tree, TreeObject } from './ordered-json.ts';
import type { SchemaRules } from './profile.ts';
import type { SourceSchema } from './source-schema.ts';

/** How a document's part is to be changed back. */
export interface Undo {
  /** `pairs`: an array of {key, value} into an object; `json-text`: a string into what it holds; `numbered`: an object into an array. */
  readonly undo?: 'pairs' | 'json-text' | 'numbered';
  /** Properties whose null means that they are absent. */
  readonly absent?: readonly string[];
  /** Properties that the schema does not require, and the rendering does. Whoever decodes has no need of it. */
  readonly optional?: readonly string[];
}

/** Where a schema stands, as its rendering is made. */
export interface Place {
  /** In the schema that was sent, as a JSON Pointer. */
  readonly path: string;
  /** The definition that it is part of; empty: the root. */
  readonly owner: string;
  /** Something between the owner and it may be left out. */
  readonly isOptional: boolean;
  /** The references that it was reached by, where they were replaced by what they lead to. */
  readonly inlined: readonly string[];
}

/** One rendering of one schema, while it is made. */
export interface Walk {
  readonly rules: SchemaRules;
  readonly source: SourceSchema;
  readonly notes: Notes;
  readonly undo: WeakMap<TreeObject, Undo>;
  readonly node: (schema: Tree, place: Place) => TreeObject;
  /** Counts a part that is looked at; what is too much for one rendering ends it. */
  readonly spend: () => void;
  /** The reference to write for one that was read. */
  readonly refer: (pointer: string, place: Place) => string;
}

/** The same place, one or more steps down. */
export const below = (place: Place, step: string): Place => ({ ...place, path: `${place.path}/${step}` });

/** A copy that is undone as the original is. */
export function withUndo(walk: Walk, from: TreeObject, to: TreeObject): TreeObject {
  const undo = walk.undo.get(from);
  if (undo) walk.undo.set(to, undo);
  return to;
}
