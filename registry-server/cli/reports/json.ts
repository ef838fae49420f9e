import { isBad, type Report } from './report.ts';

/** Writes for a program. */
export const json: Report = (results) =>
  `${JSON.stringify({ ok: !results.some(isBad), results }, null, 2)}\n`;
