import type { InvalidSchema } from '../invalid-schema.ts';
import type { ProtoField, ProtoSymbol } from './model.ts';
import type { WrittenOption } from './written.ts';

/** Where an option is written, and what it can see from there. */
export interface OptionScope {
  readonly scope: string;
  readonly where: WrittenOption['where'];
  /** What a name stands for in a scope. */
  readonly resolve: (
    name: string,
    scope: string,
    isWanted: (symbol: ProtoSymbol) => boolean,
  ) => ProtoSymbol | undefined;
  /** By the full name of the extended message, then by number. */
  readonly extensions: ReadonlyMap<string, ReadonlyMap<number, ProtoField>>;
  /** Options that need no import: the reference knows Confluent's own ones wherever they are. */
  readonly implied: readonly ProtoField[];
  readonly fail: (words: string) => InvalidSchema;
  /** What protoc would refuse and is taken all the same. */
  readonly mind: (fault: InvalidSchema) => void;
}
