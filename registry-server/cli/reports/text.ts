import { findings } from '../findings.ts';
import { shown } from '../shown.ts';
import { headlineOf, isBad, type Report } from './report.ts';

/** Writes for a person: a line for each file, and what is wrong below it. */
export const text: Report = (results) => {
  const lines = results.flatMap((result) => [
    `${isBad(result) ? '✗' : '✓'} ${shown(result.subject)} (${shown(result.file)}): ${headlineOf(result)}`,
    ...findings(result.messages).map((message) => `    ${shown(message)}`),
  ]);
  const bad = results.filter(isBad).length;
  const files = `${results.length} ${results.length === 1 ? 'file' : 'files'}`;
  return `${[...lines, bad === 0 ? `${files}: all compatible` : `${files}, of which ${bad} not compatible`].join('\n')}\n`;
};
