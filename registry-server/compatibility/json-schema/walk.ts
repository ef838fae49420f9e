import type { JsonSchemaNode } from '../../schema-types/json-schema/model.ts';
import { breaksJsonReader, type JsonSchemaChangeKind } from '../change.ts';
import { Patterns } from './pattern.ts';

export interface JsonSchemaChange {
  readonly kind: JsonSchemaChangeKind;
  /** Such as `#/properties/age`. */
  readonly path: string;
}

export type Node<K extends JsonSchemaNode['kind'] = JsonSchemaNode['kind']> = Extract<
  JsonSchemaNode,
  { readonly kind: K }
>;
export type CompareParts = (walk: Walk, before: JsonSchemaNode, after: JsonSchemaNode) => void;

export const breaks = ({ kind }: JsonSchemaChange): boolean => breaksJsonReader[kind];

/** Steps of matching a pattern that take as long as comparing a pair. */
const stepsPerPair = 100;

/** One comparison of two schemas: where it is, and what it has found so far. */
export class Walk {
  #path = '#';
  #changes: JsonSchemaChange[] = [];
  #pairs = 0;
  #trials = 0;
  readonly #maxPairs: number;
  readonly #compareParts: CompareParts;
  readonly #known = new Map<JsonSchemaNode, Map<JsonSchemaNode, Known>>();

  readonly patterns = new Patterns((steps) => this.#spend(steps));
  #steps = 0;

  constructor(compareParts: CompareParts, maxPairs: number) {
    this.#maxPairs = maxPairs;
    this.#compareParts = compareParts;
  }

  #spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps > this.#maxPairs * stepsPerPair) throw new RangeError('the patterns take too long');
  }

  get changes(): readonly JsonSchemaChange[] {
    return this.#changes;
  }

  /** @param step below the current place, when the change is at a keyword of it */
  add(kind: JsonSchemaChangeKind, step?: string): void {
    const path = step === undefined ? this.#path : `${this.#path}/${step}`;
    this.#changes.push({ kind, path: path === '#' ? '#/' : path });
  }

  addAll(changes: readonly JsonSchemaChange[]): void {
    this.#changes.push(...changes);
  }

  /** Does what `inside` does one or more steps below the current place. */
  at(step: string, inside: () => void): void {
    const outer = this.#path;
    this.#path = `${outer}/${step}`;
    inside();
    this.#path = outer;
  }

  compareAt(step: string, before: JsonSchemaNode, after: JsonSchemaNode): void {
    const outer = this.#path;
    this.#path = `${outer}/${step}`;
    this.compare(before, after);
    this.#path = outer;
  }

  /** The changes between two schemas, kept apart: the caller may take another pair instead. */
  try(before: JsonSchemaNode, after: JsonSchemaNode): readonly JsonSchemaChange[] {
    const outer = this.#changes;
    this.#changes = [];
    this.#trials++;
    this.compare(before, after);
    this.#trials--;
    const found = this.#changes;
    this.#changes = outer;
    return found;
  }

  compare(before: JsonSchemaNode, after: JsonSchemaNode): void {
    if (++this.#pairs > this.#maxPairs) throw new RangeError(`more than ${this.#maxPairs} pairs of schemas`);
    // Only these pairs can come up again: under a reference, or among alternatives.
    if (before.kind !== 'reference' && after.kind !== 'reference' && this.#trials === 0) {
      this.#compareParts(this, before, after);
      return;
    }
    const from = before.kind === 'reference' ? before.target() : before;
    const to = after.kind === 'reference' ? after.target() : after;
    let row = this.#known.get(from);
    if (row === undefined) {
      row = new Map();
      this.#known.set(from, row);
    }
    const earlier = row.get(to);
    if (earlier === undefined) this.#compareFirst(from, to, row);
    else if (earlier !== inProgress) this.#repeat(earlier);
    // A pair inside itself is compatible unless something else in it is not.
  }

  #compareFirst(from: JsonSchemaNode, to: JsonSchemaNode, row: Map<JsonSchemaNode, Known>): void {
    row.set(to, inProgress);
    const start = this.#changes.length;
    this.#compareParts(this, from, to);
    row.set(to, { path: this.#path, changes: this.#changes.slice(start) });
  }

  #repeat({ path, changes }: Finished): void {
    for (const { kind, path: place } of changes) {
      const below = place.length <= path.length ? '' : place.slice(path.length);
      this.add(kind, below === '' || below === '/' ? undefined : below.slice(1));
    }
  }
}

interface Finished {
  readonly path: string;
  readonly changes: readonly JsonSchemaChange[];
}
const inProgress = Symbol('in progress');
type Known = Finished | typeof inProgress;
