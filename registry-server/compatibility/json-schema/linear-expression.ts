/**
 * Regular expressions in time proportional to pattern times text: all ways to match go forward together (Thompson 1968),
 * none is tried after another. What needs memory of the text, look-around and back references, is not for it.
 */
export interface LinearExpression {
  /** Whether it matches anywhere in the text. */
  readonly test: (text: string, spend: Spend) => boolean;
}

/** Called with the number of steps that were taken; may throw to end the work. */
export type Spend = (steps: number) => void;

type Instruction =
  | { readonly does: 'take'; readonly fits: (character: string) => boolean }
  | { readonly does: 'split'; readonly to: readonly [number, number] }
  | { readonly does: 'jump'; readonly to: number }
  | { readonly does: 'assert'; readonly holds: (before: string, after: string) => boolean }
  | { readonly does: 'match' };

const maxInstructions = 50_000;
const maxGroupDepth = 200;

/**
 * @param source must be valid with these flags: it was given to `RegExp` before
 * @returns undefined for what it cannot do
 */
export function compileLinear(source: string, flags: 'u' | ''): LinearExpression | undefined {
  try {
    const program: Instruction[] = [];
    write(new Parser(source, flags).parse(), program);
    emit(program, { does: 'match' });
    return { test: (text, spend) => run(program, flags === 'u' ? [...text] : text.split(''), spend) };
  } catch (error) {
    if (error instanceof NotLinear) return undefined;
    throw error;
  }
}

class NotLinear extends Error {
  override readonly name = 'NotLinear';
}

const wordForm = /^[A-Za-z0-9_]$/;
const isWordEdge = (before: string, after: string): boolean => wordForm.test(before) !== wordForm.test(after);

const assertions: Readonly<Record<string, (before: string, after: string) => boolean>> = {
  '^': (before) => before === '',
  $: (_before, after) => after === '',
  '\\b': isWordEdge,
  '\\B': (before, after) => !isWordEdge(before, after),
};

// One that takes a single character, whatever it looks like.
const escapeForm = /\\(?:x[0-9A-Fa-f]{2}|u\{[0-9A-Fa-f]+\}|u[0-9A-Fa-f]{4}|c[A-Za-z]|[pP]\{[^}]*\}|[\s\S])/uy;
const surrogatePairForm = /\\u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}/y;
const classForm = /\[(?:\\[\s\S]|[^\]\\])*\]/y;
const quantifierForm = /(?:[*+?]|\{(\d+)(,(\d*))?\})\??/y;
const groupForm = /\((?:\?:|\?<(?![=!])[^>]*>)?/y;

/** What a pattern says, before it is written out as a program. */
type Node =
  | { readonly is: 'character'; readonly fits: (character: string) => boolean }
  | { readonly is: 'assertion'; readonly holds: (before: string, after: string) => boolean }
  | { readonly is: 'sequence' | 'choice'; readonly parts: readonly Node[] }
  | { readonly is: 'repeat'; readonly part: Node; readonly min: number; readonly max: number };

class Parser {
  readonly #source: string;
  readonly #flags: 'u' | '';
  #at = 0;

  constructor(source: string, flags: 'u' | '') {
    this.#source = source;
    this.#flags = flags;
  }

  parse(): Node {
    const node = this.#choice(0);
    if (this.#at < this.#source.length) throw new NotLinear();
    return node;
  }

  #read(form: RegExp): RegExpExecArray | null {
    form.lastIndex = this.#at;
    const found = form.exec(this.#source);
    if (found) this.#at = form.lastIndex;
    return found;
  }

  #choice(depth: number): Node {
    if (depth > maxGroupDepth) throw new NotLinear();
    const parts: Node[] = [this.#sequence(depth)];
    while (this.#source[this.#at] === '|') {
      this.#at++;
      parts.push(this.#sequence(depth));
    }
    return { is: 'choice', parts };
  }

  #sequence(depth: number): Node {
    const parts: Node[] = [];
    while (this.#at < this.#source.length && !'|)'.includes(this.#source[this.#at] as string)) {
      const part = this.#atom(depth);
      const quantifier = this.#read(quantifierForm);
      parts.push(quantifier ? { is: 'repeat', part, ...rangeOf(quantifier) } : part);
    }
    return { is: 'sequence', parts };
  }

  #atom(depth: number): Node {
    const character = this.#source[this.#at] as string;
    if (character === '(') return this.#group(depth);
    const two = this.#source.slice(this.#at, this.#at + 2);
    const holds = assertions[character === '\\' ? two : character];
    if (holds !== undefined) {
      this.#at += character === '\\' ? 2 : 1;
      return { is: 'assertion', holds };
    }
    if (/^\\[1-9k]/.test(two)) throw new NotLinear();
    if (character === '\\' || character === '[' || character === '.') {
      return { is: 'character', fits: this.#set(character) };
    }
    const literal =
      this.#flags === 'u' ? String.fromCodePoint(this.#source.codePointAt(this.#at) ?? 0) : character;
    this.#at += literal.length;
    return { is: 'character', fits: (one) => one === literal };
  }

  #group(depth: number): Node {
    const opening = this.#read(groupForm);
    if (!opening || (opening[0] === '(' && this.#source[this.#at] === '?')) throw new NotLinear();
    const inside = this.#choice(depth + 1);
    this.#at++;
    return inside;
  }

  /** V8 says which characters belong to it: one at a time, there is nothing to go back to. */
  #set(character: string): (one: string) => boolean {
    const start = this.#at;
    if (character === '.') this.#at++;
    else if (character === '[') {
      if (!this.#read(classForm)) throw new NotLinear();
    } else if (!(this.#flags === 'u' && this.#read(surrogatePairForm)) && !this.#read(escapeForm)) {
      throw new NotLinear();
    }
    const text = this.#source.slice(start, this.#at);
    // Outside of Unicode mode these are letters with something after them; rare enough.
    if (this.#flags === '' && /^\\(?:[pP]\{|u\{|c)/.test(text)) throw new NotLinear();
    const expression = new RegExp(`^${text}$`, this.#flags);
    return (one) => expression.test(one);
  }
}

function rangeOf([text, least, comma, most]: RegExpExecArray): {
  readonly min: number;
  readonly max: number;
} {
  if (least === undefined) {
    return { min: text.startsWith('+') ? 1 : 0, max: text.startsWith('?') ? 1 : Number.POSITIVE_INFINITY };
  }
  const min = Number(least);
  if (comma === undefined) return { min, max: min };
  return { min, max: most ? Number(most) : Number.POSITIVE_INFINITY };
}

function write(node: Node, program: Instruction[]): void {
  switch (node.is) {
    case 'character':
      emit(program, { does: 'take', fits: node.fits });
      break;
    case 'assertion':
      emit(program, { does: 'assert', holds: node.holds });
      break;
    case 'sequence':
      for (const part of node.parts) write(part, program);
      break;
    case 'choice':
      writeChoice(node.parts, program);
      break;
    case 'repeat':
      writeRepeat(node.part, node.min, node.max, program);
  }
}

function emit(program: Instruction[], instruction: Instruction): number {
  if (program.length >= maxInstructions) throw new NotLinear();
  return program.push(instruction) - 1;
}

/** To the next instruction, or past what is written now. */
const open = (program: Instruction[]): number => emit(program, { does: 'jump', to: 0 });

function writeChoice(parts: readonly Node[], program: Instruction[]): void {
  const ends: number[] = [];
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const start = isLast ? undefined : open(program);
    write(part, program);
    if (start === undefined) break;
    ends.push(open(program));
    program[start] = { does: 'split', to: [start + 1, program.length] };
  }
  for (const end of ends) program[end] = { does: 'jump', to: program.length };
}

function writeRepeat(part: Node, min: number, max: number, program: Instruction[]): void {
  const before = program.length;
  const isEndless = max === Number.POSITIVE_INFINITY;
  for (let count = 0; count < min - (isEndless ? 1 : 0); count++) {
    write(part, program);
    // However often nothing is repeated, it is nothing.
    if (program.length === before) return;
  }
  if (isEndless) {
    const skip = min === 0 ? open(program) : undefined;
    const start = program.length;
    write(part, program);
    emit(program, { does: 'split', to: [start, program.length + 1] });
    if (skip !== undefined) program[skip] = { does: 'split', to: [skip + 1, program.length] };
    return;
  }
  const skips: number[] = [];
  for (let count = min; count < max; count++) {
    skips.push(open(program));
    write(part, program);
  }
  for (const skip of skips) program[skip] = { does: 'split', to: [skip + 1, program.length] };
}

function run(program: readonly Instruction[], text: readonly string[], spend: Spend): boolean {
  // When a state was last reached: each counts once at each place.
  const reached = new Int32Array(program.length).fill(-1);
  let current: number[] = [];
  for (let at = 0; at <= text.length; at++) {
    // A match may begin anywhere.
    current.push(0);
    const next: number[] = [];
    if (advance(program, current, text, at, reached, next)) return true;
    spend(program.length);
    current = next;
  }
  return false;
}

/** Follows what takes no character, then takes one. True when a match is complete. */
function advance(
  program: readonly Instruction[],
  current: readonly number[],
  text: readonly string[],
  at: number,
  reached: Int32Array,
  next: number[],
): boolean {
  const open = [...current];
  const character = text[at] ?? '';
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    if (reached[state] === at) continue;
    reached[state] = at;
    const instruction = program[state] as Instruction;
    switch (instruction.does) {
      case 'match':
        return true;
      case 'jump':
        open.push(instruction.to);
        break;
      case 'split':
        open.push(...instruction.to);
        break;
      case 'assert':
        if (instruction.holds(text[at - 1] ?? '', character)) open.push(state + 1);
        break;
      case 'take':
        if (character !== '' && instruction.fits(character)) next.push(state + 1);
    }
  }
  return false;
}
