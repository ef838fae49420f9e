import type { JsonSchemaNode } from '../../schema-types/json-schema/model.ts';
import type { Budget } from '../budget.ts';
import type { JsonSchemaChangeKind } from '../change.ts';
import { PairVerdicts } from '../pair-verdicts.ts';
import { shortened } from '../shortened.ts';
import { Patterns } from './pattern.ts';

/** What breaks a reader. */
export interface JsonSchemaBreak {
  readonly kind: JsonSchemaChangeKind;
  /** Such as `#/properties/age`. */
  readonly path: string;
}

export type Node<K extends JsonSchemaNode['kind'] = JsonSchemaNode['kind']> = Extract<
  JsonSchemaNode,
  { readonly kind: K }
>;
export type CompareParts = (walk: Walk, before: JsonSchemaNode, after: JsonSchemaNode) => void;
export type Breaks = (kind: JsonSchemaChangeKind) => boolean;

/** Steps of matching a pattern that take as long as comparing a pair. */
const patternStepsPerPair = 100;
/** What a definition that is used again tells is told for each place, unless there are more than these. */
const maxRepeats = 100;
const maxStepCharacters = 200;
const maxPathCharacters = 1_000;

/**
 * One comparison of two schemas, in two goes. The first finds the verdict, keeps no paths and leaves each pair at the
 * first change that breaks a reader. The second, where there is something to tell, tells all of it with its paths.
 */
export class Walk {
  readonly #compareParts: CompareParts;
  readonly #breaks: Breaks;
  readonly #budget: Budget;
  readonly #verdicts: PairVerdicts<JsonSchemaNode>;
  #isBroken = false;
  #trials = 0;
  /** Undefined while only the verdict is looked for. */
  #report: Report | undefined;
  #path = '#';

  readonly patterns = new Patterns((steps) => this.#budget.spend(steps / patternStepsPerPair));

  constructor(compareParts: CompareParts, breaks: Breaks, budget: Budget) {
    this.#compareParts = compareParts;
    this.#breaks = breaks;
    this.#budget = budget;
    this.#verdicts = new PairVerdicts(this.#judge);
  }

  /** What breaks a reader with the later schema; empty when it takes all that the earlier one took. */
  findBreaks(before: JsonSchemaNode, after: JsonSchemaNode): readonly JsonSchemaBreak[] {
    if (this.#holds(before, after)) return [];
    const { breaks, repeatsLeft } = this.#tell(before, after, maxRepeats);
    return repeatsLeft > 0 ? breaks : this.#tell(before, after, 0).breaks;
  }

  #tell(before: JsonSchemaNode, after: JsonSchemaNode, repeatsLeft: number): Report {
    const report: Report = { breaks: [], progress: new Map(), repeatsLeft };
    this.#report = report;
    this.compare(before, after);
    this.#report = undefined;
    return report;
  }

  /** Nothing that is found from here on changes what is told. */
  get isOver(): boolean {
    return this.#isBroken && this.#report === undefined;
  }

  spendOnLookUps(count: number): void {
    this.#budget.spendOnLookUps(count);
  }

  /**
   * @param keyword of the current place, when the change is at it
   * @param name in what the keyword holds, when it is at that
   */
  add(kind: JsonSchemaChangeKind, keyword?: string, name?: string): void {
    if (!this.#breaks(kind)) return;
    this.#isBroken = true;
    if (this.#report === undefined) return;
    this.#budget.spend(1);
    const path = keyword === undefined ? this.#path : pathBelow(this.#path, keyword, name);
    this.#report.breaks.push({ kind, path: path === '#' ? '#/' : path });
  }

  /** Does what `inside` does one or two steps below the current place. */
  at(keyword: string, name: string | undefined, inside: () => void): void {
    const outer = this.#path;
    if (this.#report !== undefined) this.#path = pathBelow(outer, keyword, name);
    inside();
    this.#path = outer;
  }

  compareAt(keyword: string, name: string | undefined, before: JsonSchemaNode, after: JsonSchemaNode): void {
    const outer = this.#path;
    if (this.#report !== undefined) this.#path = pathBelow(outer, keyword, name);
    this.compare(before, after);
    this.#path = outer;
  }

  /** The later schema must take all that the earlier one took: where it does not, that is part of the answer. */
  compare(before: JsonSchemaNode, after: JsonSchemaNode): void {
    const isReferred = before.kind === 'reference' || after.kind === 'reference';
    if (this.#report !== undefined && isReferred) this.#tellPair(this.#report, endOf(before), endOf(after));
    else if (this.#report !== undefined) this.#compareHere(before, after);
    // Only these pairs can come up again: under a reference, or among alternatives.
    else if (isReferred || this.#trials > 0) this.#isBroken ||= !this.#holds(before, after);
    else this.#compareHere(before, after);
  }

  /** Whether the later schema takes all that the earlier one took; nothing of it is told. */
  fits(before: JsonSchemaNode, after: JsonSchemaNode): boolean {
    // As #holds, which is not asked: schemas that are nested deep fill the stack.
    this.#budget.spend(1);
    const from = endOf(before);
    const to = endOf(after);
    this.#trials++;
    const fits = mayHoldOthers(from, to) ? this.#verdicts.holds(from, to) : this.#judge(from, to);
    this.#trials--;
    return fits;
  }

  #holds(before: JsonSchemaNode, after: JsonSchemaNode): boolean {
    this.#budget.spend(1);
    const from = endOf(before);
    const to = endOf(after);
    return mayHoldOthers(from, to) ? this.#verdicts.holds(from, to) : this.#judge(from, to);
  }

  readonly #judge = (before: JsonSchemaNode, after: JsonSchemaNode): boolean => {
    const isBroken = this.#isBroken;
    const report = this.#report;
    this.#isBroken = false;
    this.#report = undefined;
    this.#compareParts(this, before, after);
    const fits = !this.#isBroken;
    this.#isBroken = isBroken;
    this.#report = report;
    return fits;
  };

  #compareHere(before: JsonSchemaNode, after: JsonSchemaNode): void {
    this.#budget.spend(1);
    this.#compareParts(this, before, after);
  }

  #tellPair(report: Report, before: JsonSchemaNode, after: JsonSchemaNode): void {
    const row = report.progress.get(before) ?? new Map<JsonSchemaNode, 'open' | 'told'>();
    report.progress.set(before, row);
    const progress = row.get(after);
    // Inside itself it has nothing new to say.
    if (progress === 'open' || this.#holds(before, after)) return;
    if (progress === 'told' && report.repeatsLeft-- <= 0) return;
    row.set(after, 'open');
    this.#compareParts(this, before, after);
    row.set(after, 'told');
  }
}

interface Report {
  readonly breaks: JsonSchemaBreak[];
  readonly progress: Map<JsonSchemaNode, Map<JsonSchemaNode, 'open' | 'told'>>;
  repeatsLeft: number;
}

/** What may hold other schemas, or so many values that it pays to compare them once. */
const hasParts: Readonly<Record<JsonSchemaNode['kind'], boolean>> = {
  any: false,
  false: false,
  null: false,
  boolean: false,
  string: false,
  number: false,
  object: true,
  array: true,
  enum: true,
  const: false,
  not: true,
  conditional: false,
  combined: true,
  reference: true,
};

/** Else it takes longer to look the pair up than to compare it. */
const mayHoldOthers = (before: JsonSchemaNode, after: JsonSchemaNode): boolean =>
  before.kind === after.kind
    ? hasParts[before.kind]
    : before.kind === 'combined' || after.kind === 'combined';

const endOf = (node: JsonSchemaNode): JsonSchemaNode => (node.kind === 'reference' ? node.target() : node);

function pathBelow(path: string, keyword: string, name: string | undefined): string {
  const step = name === undefined ? keyword : `${keyword}/${shortened(name, maxStepCharacters)}`;
  return shortened(`${path}/${step}`, maxPathCharacters);
}
