import { table } from '../print.ts';
import { shown } from '../shown.ts';
import type { Comparison } from './compare-registries.ts';
import type { Conflict } from './copy-plan.ts';
import type { NotTaken } from './registry-content.ts';

/** What a copy comes to; `-o json` is this. */
export interface CopyReport {
  /** Everything was taken, and is the same at the target. */
  readonly ok: boolean;
  readonly source: string;
  readonly target: string;
  readonly subjects: number;
  readonly versions: {
    readonly source: number;
    /** At the target before. */
    readonly there: number;
    readonly copied: number;
    readonly deleted: number;
  };
  readonly settings: { readonly configs: number; readonly modes: number };
  readonly conflicts: readonly Conflict[];
  readonly notTaken: readonly NotTaken[];
  /** Undefined where nothing was written. */
  readonly comparison: Comparison | undefined;
  /** What a person should know, in sentences. */
  readonly notes: readonly string[];
}

/** Of a list that can be as long as a registry. */
const shownAtMost = 100;

export function copyText(report: CopyReport): string {
  const { source, target, versions, subjects, settings, conflicts, notTaken, comparison, notes } = report;
  const differences = comparison?.differences ?? [];
  return [
    `${versions.source} versions of ${subjects} subjects are at ${source}.\n`,
    `${versions.copied} were copied to ${target}, where ${versions.there} were already; ${versions.deleted} were soft-deleted there.\n`,
    `${settings.configs} configs and ${settings.modes} modes were set.\n`,
    section('In the way', conflicts, ['SUBJECT', 'VERSION', 'ID', 'WHY'], ({ subject, version, id, why }) => [
      subject,
      version,
      id,
      why,
    ]),
    section(
      'Not taken',
      notTaken,
      ['WHAT', 'SUBJECT', 'VERSION', 'ID', 'WHY'],
      ({ what, subject, version, id, why }) => [what, subject || '(all)', version, id, why],
    ),
    section(
      'Different',
      differences,
      ['SUBJECT', 'VERSION', 'WHAT', 'SOURCE', 'TARGET'],
      ({ subject, version, what, source: here, target: there }) => [subject, version, what, here, there],
    ),
    ...notes.map((note) => `${shown(note)}\n`),
    report.ok && comparison ? 'Ids, versions, contents and guids are the same at both.\n' : '',
  ].join('');
}

function section<Row>(
  title: string,
  rows: readonly Row[],
  headings: readonly string[],
  cells: (row: Row) => readonly unknown[],
): string {
  if (rows.length === 0) return '';
  const more =
    rows.length > shownAtMost ? `and ${rows.length - shownAtMost} more; -o json has them all\n` : '';
  return `\n${title}: ${rows.length}\n${table(headings, rows.slice(0, shownAtMost).map(cells))}${more}`;
}
