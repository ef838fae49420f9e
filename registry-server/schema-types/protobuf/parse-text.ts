import { parseBracketOptions, parseOptionStatement } from './parse-option.ts';
import { placesIn, Tokens } from './tokens.ts';
import {
  type Edition,
  editions,
  type Import,
  type Label,
  type Literal,
  maxDepth,
  maxEnumNumber,
  maxFieldNumber,
  type ReservedName,
  type ReservedStatement,
  type Visibility,
  type WrittenEnum,
  type WrittenEnumValue,
  type WrittenField,
  type WrittenFile,
  type WrittenMessage,
  type WrittenMethod,
  type WrittenOneof,
  type WrittenOption,
  type WrittenRange,
  type WrittenService,
} from './written.ts';

/** @throws InvalidSchema with line and column when the text is not a .proto file */
export function parseProtoText(text: string): WrittenFile {
  const tokens = new Tokens(text);
  const places = placesIn(text);
  const form = tokens.is('edition') || tokens.is('syntax') ? 'text with its syntax' : 'text';
  const edition = parseEdition(tokens);
  const scope: Scope = { tokens, edition, depth: 0 };
  let packageName: string | undefined;
  const imports: Import[] = [];
  const body = newBody();
  const services: WrittenService[] = [];
  const options: WrittenOption[] = [];
  while (tokens.kind !== 'end') {
    const where = tokens.start;
    if (tokens.take(';')) continue;
    if (tokens.take('package')) {
      if (packageName !== undefined) throw tokens.fail('the file has two packages', where);
      packageName = tokens.name('the name of the package');
      tokens.expect(';');
    } else if (tokens.take('import')) imports.push(parseImport(tokens, where));
    else if (tokens.take('option')) options.push(parseOptionStatement(tokens));
    else if (tokens.take('service')) services.push(parseService(tokens, where));
    else if (!parseDeclaration(scope, body))
      throw tokens.unexpected('message, enum, extend, service, import, package or option');
  }
  return {
    edition,
    package: packageName ?? '',
    imports,
    ...body,
    services,
    options,
    form,
    minded: tokens.minded,
    placeOf: (where) => (typeof where === 'number' ? places(where) : where),
  };
}

interface Scope {
  readonly tokens: Tokens;
  readonly edition: Edition;
  readonly depth: number;
}

interface Body {
  readonly messages: WrittenMessage[];
  readonly enums: WrittenEnum[];
  readonly extensions: WrittenField[];
}

const newBody = (): Body => ({ messages: [], enums: [], extensions: [] });

function parseEdition(tokens: Tokens): Edition {
  const isEdition = tokens.is('edition');
  if (!isEdition && !tokens.is('syntax')) return 'proto2';
  tokens.next();
  tokens.expect('=');
  const where = tokens.start;
  const value = tokens.bytes(isEdition ? 'an edition' : 'a syntax').toString();
  const known = editions.find((one) => one === value && one.startsWith('proto') !== isEdition);
  if (known === undefined) {
    const right = isEdition ? '"2023" or "2024"' : '"proto2" or "proto3"';
    throw tokens.fail(`${JSON.stringify(value)} is not known; write ${right}`, where);
  }
  tokens.expect(';');
  return known;
}

function parseImport(tokens: Tokens, where: number): Import {
  const kind = (['public', 'weak', 'option'] as const).find((one) => tokens.take(one)) ?? 'plain';
  const path = tokens.bytes('the path of the import').toString();
  tokens.expect(';');
  return { path, kind, where };
}

/** A message, enum or extend block; false when it is something else. */
function parseDeclaration(scope: Scope, body: Body): boolean {
  const { tokens } = scope;
  const where = tokens.start;
  const visibility = parseVisibility(scope);
  if (tokens.take('message')) {
    const name = tokens.word('the name of the message');
    body.messages.push({ ...parseMessage(scope, name, where), visibility });
  } else if (tokens.take('enum')) body.enums.push({ ...parseEnum(scope, where), visibility });
  else if (tokens.take('extend')) parseExtend(scope, body);
  else return false;
  return true;
}

/** Such a word may also begin the type of a field. */
function parseVisibility({ tokens, edition }: Scope): Visibility | undefined {
  if (edition !== '2024') return undefined;
  const found = (['export', 'local'] as const).find((one) => tokens.is(one));
  if (found === undefined || !['message', 'enum'].includes(tokens.peek())) return undefined;
  tokens.next();
  return found;
}

function parseMessage(outer: Scope, name: string, where: number): WrittenMessage {
  const { tokens } = outer;
  if (outer.depth >= maxDepth) throw tokens.fail(`messages are nested deeper than ${maxDepth} levels`, where);
  const scope: Scope = { ...outer, depth: outer.depth + 1 };
  const body = newBody();
  const fields: WrittenField[] = [];
  const oneofs: WrittenOneof[] = [];
  const options: WrittenOption[] = [];
  const extensionRanges: WrittenRange[] = [];
  const reserved: ReservedStatement[] = [];
  tokens.expect('{');
  while (!tokens.take('}')) {
    if (tokens.take(';')) continue;
    if (tokens.take('option')) options.push(parseOptionStatement(tokens));
    else if (tokens.take('oneof')) parseOneof(scope, fields, oneofs);
    else if (tokens.take('extensions')) extensionRanges.push(...parseExtensionRanges(tokens));
    else if (tokens.take('reserved')) reserved.push(parseReserved(scope, maxFieldNumber));
    else if (!parseDeclaration(scope, body)) fields.push(parseField(scope, undefined, undefined));
  }
  return { name, ...body, fields, oneofs, options, extensionRanges, ...split(reserved), where };
}

const labels: readonly Label[] = ['optional', 'required', 'repeated'];

function parseField(scope: Scope, oneof: string | undefined, extendee: string | undefined): WrittenField {
  const { tokens } = scope;
  const label = labels.find((one) => tokens.take(one));
  const type = tokens.name('a field');
  const map = type === 'map' && tokens.is('<') ? parseMapType(tokens) : undefined;
  const where = tokens.start;
  const written = tokens.word('the name of the field');
  tokens.expect('=');
  const number = tokens.integer('the number of the field');
  const { options, jsonName, default: value } = parseFieldOptions(tokens);
  const isGroup = type === 'group';
  const group = isGroup ? parseMessage(scope, written, where) : undefined;
  if (!isGroup) tokens.expect(';');
  return {
    name: isGroup ? written.toLowerCase() : written,
    number,
    label,
    type: isGroup ? written : type,
    map,
    group,
    oneof,
    extendee,
    default: value,
    jsonName,
    options,
    where,
  };
}

function parseMapType(tokens: Tokens): { key: string; value: string } {
  tokens.expect('<');
  const key = tokens.name('the type of the keys');
  tokens.expect(',');
  const value = tokens.name('the type of the values');
  tokens.expect('>');
  return { key, value };
}

/** `default` and `json_name` are written like options and are none. One that is not as it should be stays among them. */
function parseFieldOptions(tokens: Tokens): {
  options: readonly WrittenOption[];
  jsonName: string | undefined;
  default: Literal | undefined;
} {
  let jsonName: string | undefined;
  let fallback: Literal | undefined;
  const options = parseBracketOptions(tokens).filter(({ name, value }) => {
    const [first] = name;
    if (name.length > 1 || first === undefined || first.isExtension) return true;
    if (first.name === 'default' && fallback === undefined) fallback = value;
    else if (first.name === 'json_name' && value.kind === 'string' && jsonName === undefined) {
      jsonName = value.bytes.toString();
    } else return true;
    return false;
  });
  return { options, jsonName, default: fallback };
}

function parseOneof(scope: Scope, fields: WrittenField[], oneofs: WrittenOneof[]): void {
  const { tokens } = scope;
  const where = tokens.start;
  const name = tokens.word('the name of the oneof');
  const options: WrittenOption[] = [];
  tokens.expect('{');
  while (!tokens.take('}')) {
    if (tokens.take(';')) continue;
    if (tokens.take('option')) options.push(parseOptionStatement(tokens));
    else fields.push(parseField(scope, name, undefined));
  }
  oneofs.push({ name, options, where });
}

function parseExtend(scope: Scope, body: Body): void {
  const { tokens } = scope;
  const block = tokens.start;
  const extendee = tokens.name('the message to extend');
  tokens.expect('{');
  if (tokens.is('}')) tokens.mind('nothing is extended here');
  while (!tokens.take('}')) {
    if (!tokens.take(';')) body.extensions.push({ ...parseField(scope, undefined, extendee), block });
  }
}

/** @param max what the word stands for */
function parseRange(tokens: Tokens, max: number): WrittenRange {
  const where = tokens.start;
  const start = tokens.integer('a number');
  const end = tokens.take('to') ? (tokens.take('max') ? max : tokens.integer('a number or max')) : start;
  return { start, end, options: [], where };
}

function parseExtensionRanges(tokens: Tokens): readonly WrittenRange[] {
  const statement = tokens.start;
  const ranges: WrittenRange[] = [];
  do ranges.push(parseRange(tokens, maxFieldNumber));
  while (tokens.take(','));
  const options = parseBracketOptions(tokens);
  tokens.expect(';');
  return ranges.map((range) => ({ ...range, options, statement }));
}

function parseReserved({ tokens, edition }: Scope, max: number): ReservedStatement {
  const nameKind = edition.startsWith('proto') ? 'string' : 'word';
  const reserved: (WrittenRange | ReservedName)[] = [];
  do {
    if (tokens.kind === 'string' || tokens.kind === 'word') {
      if (tokens.kind !== nameKind) tokens.mind(nameForms[nameKind]);
      const isWord = tokens.kind === 'word';
      reserved.push({ name: isWord ? tokens.word('a name') : tokens.bytes('a name').toString(), isWord });
    } else reserved.push(parseRange(tokens, max));
  } while (tokens.take(','));
  if (new Set(reserved.map((one) => 'name' in one)).size > 1) {
    tokens.mind('numbers and names are reserved in statements of their own');
  }
  tokens.expect(';');
  return reserved;
}

function split(reserved: readonly ReservedStatement[]) {
  const all = reserved.flat();
  return {
    reserved,
    reservedRanges: all.filter((one) => 'start' in one),
    reservedNames: all.flatMap((one) => ('name' in one ? [one.name] : [])),
  };
}

const nameForms = {
  string: 'a reserved name is a string; only editions write it as a name',
  word: 'a reserved name is written as a name in editions, not as a string',
} as const;

function parseEnum(scope: Scope, where: number): WrittenEnum {
  const { tokens } = scope;
  const name = tokens.word('the name of the enum');
  const values: WrittenEnumValue[] = [];
  const options: WrittenOption[] = [];
  const reserved: ReservedStatement[] = [];
  tokens.expect('{');
  while (!tokens.take('}')) {
    if (tokens.take(';')) continue;
    if (tokens.take('option')) options.push(parseOptionStatement(tokens));
    else if (tokens.take('reserved')) reserved.push(parseReserved(scope, maxEnumNumber));
    else values.push(parseEnumValue(tokens));
  }
  return { name, values, options, ...split(reserved), where };
}

function parseEnumValue(tokens: Tokens): WrittenEnumValue {
  const where = tokens.start;
  const name = tokens.word('the name of a value');
  tokens.expect('=');
  const number = tokens.integer('the number of the value');
  const options = parseBracketOptions(tokens);
  tokens.expect(';');
  return { name, number, options, where };
}

function parseService(tokens: Tokens, where: number): WrittenService {
  const name = tokens.word('the name of the service');
  const methods: WrittenMethod[] = [];
  const options: WrittenOption[] = [];
  tokens.expect('{');
  while (!tokens.take('}')) {
    if (tokens.take(';')) continue;
    if (tokens.take('option')) options.push(parseOptionStatement(tokens));
    else methods.push(parseMethod(tokens));
  }
  return { name, methods, options, where };
}

function parseMethod(tokens: Tokens): WrittenMethod {
  const where = tokens.start;
  tokens.expect('rpc');
  const name = tokens.word('the name of the method');
  const input = parseMethodType(tokens);
  tokens.expect('returns');
  const output = parseMethodType(tokens);
  const options: WrittenOption[] = [];
  if (tokens.take('{')) {
    while (!tokens.take('}')) {
      if (tokens.take(';')) continue;
      tokens.expect('option');
      options.push(parseOptionStatement(tokens));
    }
    tokens.take(';');
  } else tokens.expect(';');
  return {
    name,
    input: input.type,
    streamsInput: input.streams,
    output: output.type,
    streamsOutput: output.streams,
    options,
    where,
  };
}

function parseMethodType(tokens: Tokens): { type: string; streams: boolean } {
  tokens.expect('(');
  const streams = tokens.take('stream');
  const type = streams && tokens.is(')') ? 'stream' : tokens.name('a message');
  tokens.expect(')');
  return { type, streams: streams && type !== 'stream' };
}
