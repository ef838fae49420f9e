import { MAX_NAME_BYTES } from '../subject-name.ts';
import type { Change } from './store.ts';

/** What is told in a way that nobody here understands: all that is remembered may be outdated. */
const anything: Change = { anything: true };

/**
 * A change as the database or another worker told it. Whoever may connect to the database may notify, and a newer
 * server may tell what this one does not know: what cannot be read means that anything may have changed.
 */
export function readChange(told: unknown): Change {
  if (typeof told !== 'object' || told === null || Array.isArray(told)) return anything;
  const { context, subject, settingsOf, purged, ...unknown } = told as Record<string, unknown>;
  if (Object.keys(unknown).length > 0) return anything;
  const kinds = [
    context !== undefined || subject !== undefined,
    settingsOf !== undefined,
    purged !== undefined,
  ];
  if (kinds.filter(Boolean).length !== 1) return anything;
  if (purged === true) return { purged };
  if (isName(settingsOf)) return { settingsOf };
  if (isName(context) && isName(subject)) return { context, subject };
  return anything;
}

/** As readChange, of the text of a notification. */
export function readNotification(payload: string): Change {
  try {
    return readChange(JSON.parse(payload));
  } catch {
    return anything;
  }
}

/** Nothing is stored under a longer name, and names are remembered. */
function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= MAX_NAME_BYTES;
}
