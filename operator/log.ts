import { type Logger, pino } from 'pino';
import { shortened } from './within-bytes.ts';

/** One JSON line per event: `log.info('registry ready', { namespace, name })`. */
export interface Log {
  debug(event: string, fields?: object): void;
  info(event: string, fields?: object): void;
  warn(event: string, fields?: object): void;
  error(event: string, fields?: object): void;
  with(fields: object): Log;
}

export function openLog(level: string): Log {
  return wrap(
    pino({
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: (error: Error) => bounded(pino.stdSerializers.err(error)) },
    }),
  );
}

function wrap(logger: Logger): Log {
  return {
    debug: (event, fields = {}) => logger.debug(bounded(fields), event),
    info: (event, fields = {}) => logger.info(bounded(fields), event),
    warn: (event, fields = {}) => logger.warn(bounded(fields), event),
    error: (event, fields = {}) => logger.error(bounded(fields), event),
    with: (fields) => wrap(logger.child(fields)),
  };
}

/** The most that a text in a field may have: what others say may hold an object of theirs. */
const MAX_FIELD_BYTES = 4_096;

function bounded(fields: object): object {
  const entries = Object.entries(fields);
  if (!entries.some(([, value]) => typeof value === 'string' && value.length > MAX_FIELD_BYTES / 4))
    return fields;
  return Object.fromEntries(
    entries.map(([key, value]) => [
      key,
      typeof value === 'string' ? shortened(value, MAX_FIELD_BYTES) : value,
    ]),
  );
}
