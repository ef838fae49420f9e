import { shown } from './shown.ts';
import type { Terminal } from './terminal.ts';
import { toYaml } from './yaml.ts';

export const outputs = ['table', 'json', 'yaml'] as const;
export type Output = (typeof outputs)[number];

/** Columns under their headings; text of others is made harmless. */
export function table(headings: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const cells = [
    headings,
    ...rows.map((row) => row.map((cell) => (cell === undefined ? '' : shown(`${cell}`)))),
  ];
  const widths = headings.map((_, column) =>
    cells.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return cells.map((row) => `${line(row)}\n`).join('');
}

/** Names and values, one pair on a line; what has no value is left out. */
export function pairs(values: Readonly<Record<string, unknown>>): string {
  const there = Object.entries(values).filter(([, value]) => value !== undefined && value !== null);
  const width = Math.max(0, ...there.map(([name]) => name.length));
  return there
    .map(
      ([name, value]) =>
        `${name.padEnd(width)}  ${shown(typeof value === 'object' ? JSON.stringify(value) : `${value}`)}\n`,
    )
    .join('');
}

/** The value for a program, or what `people` makes of it. */
export function print(terminal: Terminal, output: Output, value: unknown, people: () => string): void {
  if (output === 'json') terminal.write(`${JSON.stringify(value, null, 2)}\n`);
  else if (output === 'yaml') terminal.write(toYaml(value));
  else terminal.write(people());
}

const codes = { red: 31, green: 32, cyan: 36 } as const;

export const coloured = (terminal: Terminal, colour: keyof typeof codes, text: string): string =>
  terminal.hasColour ? `\u001b[${codes[colour]}m${text}\u001b[0m` : text;
