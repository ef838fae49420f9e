import { InvalidSchema } from '../invalid-schema.ts';

export const varint = 0;
export const fixed64 = 1;
export const delimited = 2;
export const startGroup = 3;
export const endGroup = 4;
export const fixed32 = 5;

export const noBytes: Uint8Array = new Uint8Array();

/** The wire format of Protocol Buffers, read. */
export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;
  wireType = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The number of the next field; its wire type is kept. */
  field(): number {
    const tag = this.#unsigned();
    this.wireType = tag & 7;
    const number = Math.floor(tag / 8);
    if (number < 1 || number >= 2 ** 29 || this.wireType > fixed32) throw broken();
    return number;
  }

  /** Reads a tag or a length: 32 bits, for which no bigint is needed. */
  #unsigned(): number {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 28; factor *= 128) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw broken();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    throw broken();
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw broken();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw broken();
  }

  /** A field of a type that fits into 32 bits. */
  int(): number {
    this.#require(varint);
    return Number(BigInt.asIntN(32, this.varint()));
  }

  bool(): boolean {
    this.#require(varint);
    return this.varint() !== 0n;
  }

  bytes(): Buffer {
    this.#require(delimited);
    return this.take(this.#unsigned());
  }

  string(): string {
    const bytes = this.bytes();
    const text = bytes.toString();
    if (text.includes('\ufffd') && !Buffer.from(text).equals(bytes)) {
      throw new InvalidSchema('the descriptor holds a string that is not UTF-8');
    }
    return text;
  }

  take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw broken();
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  /** What is in a group, without the tag that ends it. */
  group(): Buffer {
    this.#require(startGroup);
    const start = this.#at;
    for (;;) {
      const end = this.#at;
      this.field();
      if (this.wireType === endGroup) return this.#bytes.subarray(start, end);
      this.skip();
    }
  }

  skip(depth = 0): void {
    if (this.wireType === varint) this.varint();
    else if (this.wireType === fixed64) this.take(8);
    else if (this.wireType === delimited) this.bytes();
    else if (this.wireType === fixed32) this.take(4);
    else if (this.wireType === startGroup && depth < 100) {
      for (;;) {
        this.field();
        if ((this.wireType as number) === endGroup) return;
        this.skip(depth + 1);
      }
    } else throw broken();
  }

  #require(wireType: number): void {
    if (this.wireType !== wireType) throw broken();
  }
}

const broken = (): InvalidSchema =>
  new InvalidSchema('the text is neither a .proto file nor base64 of a FileDescriptorProto');

/** The wire format, written. Fields that are `undefined` are left out. */
export class WireWriter {
  readonly #parts: Buffer[] = [];

  finish(): Buffer {
    return Buffer.concat(this.#parts);
  }

  tag(number: number, wireType: number): this {
    return this.#unsigned(number * 8 + wireType);
  }

  #unsigned(value: number): this {
    const bytes: number[] = [];
    let rest = value;
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
    bytes.push(rest);
    this.#parts.push(Buffer.from(bytes));
    return this;
  }

  varint(value: bigint): this {
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, value);
    while (rest > 0x7fn) {
      bytes.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    bytes.push(Number(rest));
    this.#parts.push(Buffer.from(bytes));
    return this;
  }

  raw(bytes: Buffer): this {
    this.#parts.push(bytes);
    return this;
  }

  int(number: number, value: number | undefined): this {
    if (value === undefined) return this;
    this.tag(number, varint);
    // A negative number takes ten bytes.
    return value < 0 ? this.varint(BigInt(value)) : this.#unsigned(value);
  }

  flag(number: number, value: boolean): this {
    return value ? this.int(number, 1) : this;
  }

  bytes(number: number, value: Buffer): this {
    return this.tag(number, delimited).#unsigned(value.length).raw(value);
  }

  string(number: number, value: string | undefined): this {
    return value === undefined ? this : this.bytes(number, Buffer.from(value));
  }

  strings(number: number, values: readonly string[]): this {
    for (const value of values) this.string(number, value);
    return this;
  }

  messages<T>(number: number, values: readonly T[], write: (value: T) => Buffer): this {
    for (const value of values) this.bytes(number, write(value));
    return this;
  }
}
