import { findings } from '../findings.ts';
import { headlineOf, isBad, type Report } from './report.ts';
import { text } from './text.ts';

// https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands; the characters are those of actions/toolkit.
const escapeData = (value: string): string =>
  value.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const escapeProperty = (value: string): string =>
  escapeData(value).replaceAll(':', '%3A').replaceAll(',', '%2C');

/** Annotations at the files of a pull request, and the words for the log. A line of the log is no command: none begins with two colons. */
export const github: Report = (results) => {
  const commands = results
    .filter(isBad)
    .map(
      (result) =>
        `::error file=${escapeProperty(result.file)},title=${escapeProperty(`${result.subject}: ${headlineOf(result)}`)}::${escapeData(findings(result.messages).join('\n'))}\n`,
    );
  return `${commands.join('')}${text(results)}`;
};
