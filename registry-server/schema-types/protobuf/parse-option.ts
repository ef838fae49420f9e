import { Tokens } from './tokens.ts';
import { type Literal, type LiteralField, maxDepth, type NamePart, type WrittenOption } from './written.ts';

export function parseBracketOptions(tokens: Tokens): readonly WrittenOption[] {
  if (!tokens.take('[')) return noOptions;
  const options: WrittenOption[] = [];
  do options.push(parseOption(tokens));
  while (tokens.take(','));
  tokens.expect(']');
  return options;
}

const noOptions: readonly WrittenOption[] = [];

export function parseOptionStatement(tokens: Tokens): WrittenOption {
  const option = parseOption(tokens);
  tokens.expect(';');
  return option;
}

export function parseOption(tokens: Tokens): WrittenOption {
  const where = tokens.start;
  const name: NamePart[] = [];
  do {
    const isExtension = tokens.take('(');
    name.push({ name: isExtension ? tokens.name('an extension') : tokens.word('an option'), isExtension });
    if (isExtension) tokens.expect(')');
  } while (tokens.take('.'));
  tokens.expect('=');
  return { name, value: parseLiteral(tokens, 0), where };
}

function parseLiteral(tokens: Tokens, depth: number): Literal {
  if (depth > maxDepth) throw tokens.fail(`an option is nested deeper than ${maxDepth} levels`);
  if (tokens.kind === 'string') return { kind: 'string', bytes: tokens.bytes('a string') };
  if (tokens.take('{')) return parseMessageLiteral(tokens, '}', depth);
  if (depth > 0 && tokens.take('<')) return parseMessageLiteral(tokens, '>', depth);
  if (tokens.take('[')) return parseListLiteral(tokens, depth);
  if (tokens.is('+')) tokens.mind('a number has no plus sign');
  const sign = tokens.take('-') ? '-' : tokens.take('+') ? '' : '';
  const { kind, text } = tokens;
  if (kind !== 'word' && kind !== 'number') throw tokens.unexpected('a value');
  if (kind === 'number' && /^(?!0[xX]).*[fF]$/.test(text))
    tokens.mind('a number in a .proto file does not end with f');
  tokens.next();
  if (kind === 'number' || sign) return { kind: 'number', text: sign + text };
  let word = text;
  while (tokens.is('.')) {
    tokens.mind('a value is one word');
    tokens.next();
    word += `.${tokens.word('a value')}`;
  }
  return { kind: 'word', text: word };
}

/**
 * What a message literal says between its braces.
 * @throws InvalidSchema
 */
export function parseAggregate(inside: string): Literal {
  const tokens = new Tokens(`{${inside}\n}`);
  const literal = parseLiteral(tokens, 0);
  if (tokens.kind !== 'end') throw tokens.unexpected('the end of the option');
  return literal;
}

function parseMessageLiteral(tokens: Tokens, end: string, depth: number): Literal {
  const fields: LiteralField[] = [];
  while (!tokens.take(end)) {
    const isExtension = tokens.take('[');
    let name = isExtension ? tokens.name('an extension') : tokens.word('a field of the option');
    if (isExtension && !tokens.is(']')) name = tokens.address(name);
    if (isExtension) tokens.expect(']');
    const hasColon = tokens.take(':');
    if (!hasColon && !tokens.is('{') && !tokens.is('<') && !tokens.is('[')) throw tokens.unexpected('":"');
    const value = parseLiteral(tokens, depth + 1);
    if (!hasColon && value.kind === 'list' && value.items.some(({ kind }) => kind !== 'message')) {
      tokens.mind(`a colon is missing after "${name}"`);
    }
    fields.push({ name, isExtension, value });
    if (!tokens.take(',')) tokens.take(';');
  }
  return { kind: 'message', fields };
}

function parseListLiteral(tokens: Tokens, depth: number): Literal {
  const items: Literal[] = [];
  if (tokens.take(']')) return { kind: 'list', items };
  do items.push(parseLiteral(tokens, depth + 1));
  while (tokens.take(','));
  tokens.expect(']');
  return { kind: 'list', items };
}
