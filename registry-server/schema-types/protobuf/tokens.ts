import { InvalidSchema } from '../invalid-schema.ts';

type TokenKind = 'word' | 'number' | 'string' | 'symbol' | 'end';

/** The tokens of a text, one at a time; comments are no tokens. */
export class Tokens {
  kind: TokenKind = 'end';
  /** As it stands in the text: a string with its quotes. */
  text = '';
  start = 0;
  /** The first thing that protoc would refuse and is taken all the same. */
  minded: string | undefined;
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
    // A byte order mark at the start is no part of the schema.
    if (source.charCodeAt(0) === 0xfeff) this.#at = 1;
    this.next();
  }

  next(): void {
    this.#skipBlank();
    this.start = this.#at;
    const code = this.#source.charCodeAt(this.#at);
    if (Number.isNaN(code)) {
      this.kind = 'end';
      this.text = '';
      return;
    }
    this.kind = this.#read(code);
    this.text = this.#source.slice(this.start, this.#at);
  }

  #read(code: number): TokenKind {
    if (isLetter(code)) {
      this.#at++;
      while (isLetter(this.#source.charCodeAt(this.#at)) || isDigit(this.#source.charCodeAt(this.#at)))
        this.#at++;
      return 'word';
    }
    if (isDigit(code) || (code === dot && isDigit(this.#source.charCodeAt(this.#at + 1)))) {
      numberForm.lastIndex = this.#at;
      this.#at += numberForm.exec(this.#source)?.[0].length ?? 1;
      if (isLetter(this.#source.charCodeAt(this.#at)))
        throw this.fail('a number goes on with letters', this.start);
      return 'number';
    }
    if (code === doubleQuote || code === singleQuote) {
      this.#readString(code);
      return 'string';
    }
    this.#at++;
    return 'symbol';
  }

  #readString(quote: number): void {
    for (let at = this.#at + 1; at < this.#source.length; at++) {
      const code = this.#source.charCodeAt(at);
      if (code === quote) {
        this.#at = at + 1;
        return;
      }
      if (code === newline) break;
      if (code === backslash) at++;
    }
    throw this.fail('the string does not end on its line', this.start);
  }

  #skipBlank(): void {
    for (;;) {
      const code = this.#source.charCodeAt(this.#at);
      if (code === 0x20 || (code >= 0x09 && code <= 0x0d)) this.#at++;
      else if (code === slash && this.#source.charCodeAt(this.#at + 1) === slash) {
        const end = this.#source.indexOf('\n', this.#at);
        this.#at = end < 0 ? this.#source.length : end + 1;
      } else if (code === slash && this.#source.charCodeAt(this.#at + 1) === asterisk) {
        const end = this.#source.indexOf('*/', this.#at + 2);
        if (end < 0) throw this.fail('the comment does not end', this.#at);
        this.#at = end + 2;
      } else return;
    }
  }

  /** Notes what protoc would refuse and is taken all the same. */
  mind(words: string, where: number = this.start): void {
    this.minded ??= `${placeIn(this.#source, where)}: ${words}`;
  }

  /** The text of the token after this one. */
  peek(): string {
    const { kind, text, start } = this;
    const at = this.#at;
    this.next();
    const after = this.text;
    Object.assign(this, { kind, text, start });
    this.#at = at;
    return after;
  }

  is(text: string): boolean {
    return this.text === text && this.kind !== 'string';
  }

  take(text: string): boolean {
    if (!this.is(text)) return false;
    this.next();
    return true;
  }

  expect(text: string): void {
    if (!this.take(text)) throw this.unexpected(`"${text}"`);
  }

  word(what: string): string {
    if (this.kind !== 'word') throw this.unexpected(what);
    const { text } = this;
    this.next();
    return text;
  }

  /** The name of a type with its address, as the text format writes it for an Any: up to the closing bracket. */
  address(prefix: string): string {
    let address = prefix;
    while (this.kind === 'word' || this.kind === 'number' || /^[/.\-~%]$/.test(this.text)) {
      address += this.text;
      this.next();
    }
    return address;
  }

  /** Words with dots between them. */
  name(what: string): string {
    let name = this.take('.') ? '.' : '';
    name += this.word(what);
    while (this.take('.')) name += `.${this.word(what)}`;
    return name;
  }

  integer(what: string): number {
    const sign = this.take('-') ? -1 : 1;
    if (this.kind !== 'number' || !integerForm.test(this.text)) throw this.unexpected(what);
    const value = sign * Number(readInteger(this.text));
    if (!Number.isSafeInteger(value)) throw this.fail('the number is too large for any use');
    this.next();
    return value === 0 ? 0 : value;
  }

  /** One string, or several in a row that are one. */
  bytes(what: string): Buffer {
    if (this.kind !== 'string') throw this.unexpected(what);
    const parts: Buffer[] = [];
    while (this.kind === 'string') {
      parts.push(bytesOfLiteral(this.text.slice(1, -1)) ?? this.#failEscape());
      this.next();
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  #failEscape(): never {
    throw this.fail('the string holds an escape that does not exist');
  }

  unexpected(wanted: string): InvalidSchema {
    const found = this.kind === 'end' ? 'the end of the text' : this.text.slice(0, 60);
    return this.fail(`expected ${wanted}, found ${found}`);
  }

  fail(words: string, where: number = this.start): InvalidSchema {
    return new InvalidSchema(`${placeIn(this.#source, where)}: ${words}`);
  }
}

/** As `placeIn`, for many places: lines are looked for once. */
export function placesIn(source: string): (offset: number) => string {
  let starts: number[] | undefined;
  return (offset) => {
    starts ??= [0, ...Array.from(source.matchAll(/\n/g), ({ index }) => index + 1)];
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return `line ${low + 1}, column ${offset - (starts[low] ?? 0) + 1}`;
  };
}

export function placeIn(source: string, offset: number): string {
  const before = source.slice(0, offset);
  const line = before.split('\n').length;
  return `line ${line}, column ${offset - before.lastIndexOf('\n')}`;
}

const newline = 0x0a;
const doubleQuote = 0x22;
const singleQuote = 0x27;
const asterisk = 0x2a;
const dot = 0x2e;
const slash = 0x2f;
const backslash = 0x5c;

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
const isLetter = (code: number): boolean =>
  (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === 0x5f;

const numberForm = /0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fF]?/y;
export const integerForm = /^(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)$/;

/** Decimal, hexadecimal or, with a leading zero, octal. */
export const readInteger = (text: string): bigint => BigInt(/^0\d/.test(text) ? `0o${text.slice(1)}` : text);

const escapes: ReadonlyMap<string, number> = new Map([
  ['a', 7],
  ['b', 8],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
  ['v', 11],
  ['?', 63],
  ['\\', 92],
  ["'", 39],
  ['"', 34],
]);

const escapeForm = /\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\s\S]))/g;

/** What the inside of a string literal stands for; `undefined` when an escape is unknown. */
export function bytesOfLiteral(inside: string): Buffer | undefined {
  if (!inside.includes('\\')) return Buffer.from(inside);
  const parts: Buffer[] = [];
  let end = 0;
  for (const found of inside.matchAll(escapeForm)) {
    const [whole, octal, hex, short, long, letter] = found;
    parts.push(Buffer.from(inside.slice(end, found.index)));
    end = found.index + whole.length;
    const point = short ?? long;
    if (point !== undefined) {
      const code = Number.parseInt(point, 16);
      if (code > 0x10ffff) return undefined;
      parts.push(Buffer.from(String.fromCodePoint(code)));
      continue;
    }
    const byte = octal
      ? Number.parseInt(octal, 8)
      : hex
        ? Number.parseInt(hex, 16)
        : escapes.get(letter ?? '');
    if (byte === undefined) return undefined;
    // Of three octal digits the lowest eight bits count, as in protoc.
    parts.push(Buffer.of(byte & 0xff));
  }
  parts.push(Buffer.from(inside.slice(end)));
  return Buffer.concat(parts);
}
