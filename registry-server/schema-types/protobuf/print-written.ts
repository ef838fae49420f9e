import {
  block,
  brackets,
  importStatements,
  indent,
  merged,
  printLiteral,
  printRange,
  quote,
} from './layout.ts';
import type {
  Literal,
  ReservedStatement,
  Where,
  WrittenBody,
  WrittenEnum,
  WrittenField,
  WrittenFile,
  WrittenMessage,
  WrittenMethod,
  WrittenOneof,
  WrittenOption,
  WrittenOptions,
  WrittenRange,
  WrittenService,
} from './written.ts';
import { maxFieldNumber } from './written.ts';

/**
 * A text as it was written, in the reference's layout: without comments, messages before enums, and each message in the
 * order of its kinds of statements. Nothing is resolved: names, order and values are the author's.
 */
export function printWritten(file: WrittenFile): string {
  const { edition, package: name, imports, options } = file;
  const isEdition = !edition.startsWith('proto');
  const syntax = `${isEdition ? 'edition' : 'syntax'} = "${edition}";\n`;
  const head = `${file.form === 'text' ? '' : syntax}${name === '' ? '' : `package ${name};\n`}`;
  const sections = [
    importStatements(imports),
    statements(options),
    declarations(file),
    extendBlocks(file.extensions),
    file.services.map(printService),
  ];
  return head + sections.map((section) => (section.length === 0 ? '' : `\n${section.join('')}`)).join('');
}

/** Only a text has them one by one. */
const listed = (options: WrittenOptions): readonly WrittenOption[] =>
  options instanceof Uint8Array ? [] : options;

function named({ name, value }: WrittenOption): readonly [string, string] {
  const parts = name.map((part) => (part.isExtension ? `(${part.name})` : part.name));
  return [parts.join('.'), printValue(value)];
}

/** A list that stands by itself is laid out like a list of options. */
function printValue(value: Literal): string {
  if (value.kind !== 'list') return printLiteral(merged(value));
  const items = value.items.map((item) => printLiteral(merged(item)));
  return items.length === 1 ? `[${items[0]}]` : printLiteral(merged(value));
}

const statements = (options: WrittenOptions): readonly string[] =>
  listed(options).map((option) => {
    const [name, value] = named(option);
    return `option ${name} = ${value};\n`;
  });

const inBrackets = (options: WrittenOptions): string => brackets(listed(options).map(named));

const declarations = ({ messages, enums }: WrittenBody): readonly string[] => [
  ...messages.map((message) => printMessage(message)),
  ...enums.map(printEnum),
];

function printMessage(message: WrittenMessage): string {
  const { name, visibility, fields, oneofs } = message;
  const byOneof = Map.groupBy(fields, ({ oneof }) => oneof);
  const own = byOneof.get(undefined) ?? [];
  return block(`${visibility === undefined ? '' : `${visibility} `}message ${name}`, [
    message.reserved.map(printReserved),
    statements(message.options),
    own.filter(({ group }) => group === undefined).map(printField),
    oneofs.map((oneof) => printOneof(oneof, byOneof.get(oneof.name) ?? [])),
    own.filter(({ group }) => group !== undefined).map(printField),
    extensionStatements(message.extensionRanges),
    extendBlocks(message.extensions),
    declarations(message),
  ]);
}

function printReserved(statement: ReservedStatement): string {
  const parts = statement.map((one) => {
    if ('start' in one) return printNumbers(one);
    return one.isWord ? one.name : quote(one.name);
  });
  return `reserved ${parts.join(', ')};\n`;
}

const printNumbers = ({ start, end }: WrittenRange): string =>
  printRange({ start, end: end >= maxFieldNumber && end > start ? maxFieldNumber : end }, maxFieldNumber);

function extensionStatements(ranges: readonly WrittenRange[]): readonly string[] {
  const byStatement = Map.groupBy(ranges, ({ statement, where }) => statement ?? where);
  return [...byStatement.values()].map((list) => {
    const numbers = list.map(printNumbers).join(', ');
    return `extensions ${numbers}${inBrackets(list[0]?.options ?? [])};\n`;
  });
}

function printOneof({ name, options }: WrittenOneof, members: readonly WrittenField[]): string {
  return block(`oneof ${name}`, [
    statements(options),
    members.filter(({ group }) => group === undefined).map(printField),
    members.filter(({ group }) => group !== undefined).map(printField),
  ]);
}

function printField(field: WrittenField): string {
  const { label, type, map, group, name, number, jsonName } = field;
  const options = listed(field.options).map(named);
  if (typeof field.default === 'object') options.push(['default', printLiteral(field.default)]);
  if (jsonName !== undefined) options.push(['json_name', quote(jsonName)]);
  const head = `${label === undefined ? '' : `${label} `}`;
  if (group === undefined) {
    const written = map === undefined ? type : `map<${map.key}, ${map.value}>`;
    return `${head}${written} ${name} = ${number}${brackets(options)};\n`;
  }
  const body = printMessage(group).slice(`message ${group.name}`.length);
  return `${head}group ${group.name} = ${number}${brackets(options)}${body}`;
}

/** As many blocks as there were. */
function extendBlocks(extensions: readonly WrittenField[]): readonly string[] {
  const byBlock = Map.groupBy(extensions, ({ block: start, where }): Where => start ?? where);
  return [...byBlock.values()].map((fields) =>
    block(`extend ${fields[0]?.extendee}`, [
      [
        ...fields.filter(({ group }) => group === undefined),
        ...fields.filter(({ group }) => group !== undefined),
      ].map(printField),
    ]),
  );
}

function printEnum({ name, visibility, reserved, options, values }: WrittenEnum): string {
  return block(`${visibility === undefined ? '' : `${visibility} `}enum ${name}`, [
    [
      ...reserved.map(printReserved),
      ...statements(options),
      ...values.map((value) => `${value.name} = ${value.number}${inBrackets(value.options)};\n`),
    ],
  ]);
}

const printService = ({ name, options, methods }: WrittenService): string =>
  block(`service ${name}`, [statements(options), methods.map(printMethod)]);

function printMethod({ name, input, output, streamsInput, streamsOutput, options }: WrittenMethod): string {
  const [from, to] = [
    `${streamsInput ? 'stream ' : ''}${input}`,
    `${streamsOutput ? 'stream ' : ''}${output}`,
  ];
  const inside = statements(options).map(indent).join('');
  return `rpc ${name} (${from}) returns (${to})${inside === '' ? '' : ` {\n${inside}}`};\n`;
}
