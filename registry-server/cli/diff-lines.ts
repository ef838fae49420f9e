import { diff } from 'node:util';

export interface Line {
  readonly kind: ' ' | '-' | '+';
  readonly text: string;
}

/** Beyond so many pairs of lines that differ no common ones are looked for. */
const maxPairs = 25_000_000;

/** What became of each line, those that went before those that came. */
export function diffLines(before: readonly string[], after: readonly string[]): Line[] {
  const least = Math.min(before.length, after.length);
  let head = 0;
  while (head < least && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < least - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  const [old, fresh] = [before.slice(head, before.length - tail), after.slice(head, after.length - tail)];
  const lines = (kind: Line['kind'], texts: readonly string[]) => texts.map((text) => ({ kind, text }));
  return [
    ...lines(' ', before.slice(0, head)),
    ...(old.length * fresh.length > maxPairs
      ? [...lines('-', old), ...lines('+', fresh)]
      : middle(old, fresh)),
    ...lines(' ', tail === 0 ? [] : before.slice(-tail)),
  ];
}

function middle(before: readonly string[], after: readonly string[]): Line[] {
  if (before.length + after.length === 0) return [];
  // 1: the first has it and the second has not.
  const kinds = { '0': ' ', '1': '-', '-1': '+' } as const;
  return diff(before, after).map(([operation, text]) => ({ kind: kinds[`${operation}`], text }));
}

const context = 3;

/** As `diff -u` shows it, without file names: what changed, and three lines around. Empty where nothing has. */
export function unified(lines: readonly Line[]): Line[] {
  const isNear = lines.map(() => false);
  for (const [index, { kind }] of lines.entries())
    if (kind !== ' ')
      isNear.fill(true, Math.max(0, index - context), Math.min(lines.length, index + context + 1));
  const shown: Line[] = [];
  for (const [index, line] of lines.entries()) {
    if (!isNear[index]) continue;
    if (shown.length > 0 && !isNear[index - 1]) shown.push({ kind: ' ', text: '…' });
    shown.push(line);
  }
  return shown;
}
