import { pino } from 'pino';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
type Fields = Readonly<Record<string, unknown>>;

/** An event and its fields. */
export interface Log {
  debug(event: string, fields?: Fields): void;
  info(event: string, fields?: Fields): void;
  warn(event: string, fields?: Fields): void;
  error(event: string, fields?: Fields): void;
}

export interface LogSettings {
  readonly level: LogLevel;
  readonly format: 'json' | 'text';
  /** Which of several processes writes. */
  readonly worker?: number;
}

export function openLog(
  { level, format, worker }: LogSettings,
  write: (line: string) => void = (line) => process.stdout.write(line),
): Log {
  const logger = pino(
    {
      level,
      base: worker === undefined ? undefined : { worker },
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: 'event',
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: format === 'json' ? write : (line: string) => write(textLine(line)) },
  );
  return {
    debug: (event, fields = {}) => logger.debug(bounded(fields), event),
    info: (event, fields = {}) => logger.info(bounded(fields), event),
    warn: (event, fields = {}) => logger.warn(bounded(fields), event),
    error: (event, fields = {}) => logger.error(bounded(fields), event),
  };
}

/** How many characters of a text in a field are logged: paths and names are a client's, and as long as it likes. */
const MAX_CHARACTERS = 4_096;

function bounded(fields: Fields): Fields {
  if (!Object.values(fields).some(isLong)) return fields;
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, isLong(value) ? shortened(value) : value]),
  );
}

const isLong = (value: unknown): value is string =>
  typeof value === 'string' && value.length > MAX_CHARACTERS;

const shortened = (text: string): string =>
  `${text.slice(0, MAX_CHARACTERS)}… (${text.length} characters)`.toWellFormed();

function textLine(line: string): string {
  const { level, time, event, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const rest = Object.entries(fields).map(([key, value]) => {
    return ` ${key}=${typeof value === 'string' && plain.test(value) ? value : escaped(JSON.stringify(value))}`;
  });
  return `${String(time).slice(11, 23)} ${String(level).padEnd(5)} ${escaped(String(event))}${rest.join('')}\n`;
}

/** Nothing that a terminal carries out, shows in another order or does not show, and no blank. */
const plain = /^[^\s\p{C}"]+$/u;
const hidden = /[\p{C}\u2028\u2029]/gu;

function escaped(text: string): string {
  return text.replace(hidden, (character) => {
    const codes = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
    return codes.map((code) => `\\u${code.toString(16).padStart(4, '0')}`).join('');
  });
}
