import { findings } from '../findings.ts';
import { headlineOf, isBad, type Report } from './report.ts';

// What XML 1.0 cannot hold in any spelling: https://www.w3.org/TR/xml/#charsets
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones
const unwritable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/gu;

const escapeXml = (value: string): string =>
  value
    .replace(unwritable, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replace(/[\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);

/** As Jenkins, GitLab and others read it: a test case for each file; what could not be checked is an error, what is wrong a failure. */
export const junit: Report = (results) => {
  const errors = results.filter(({ verdict }) => verdict === 'unchecked').length;
  const failures = results.filter(isBad).length - errors;
  const counts = `tests="${results.length}" failures="${failures}" errors="${errors}"`;
  const cases = results.map((result) => {
    const open = `    <testcase name="${escapeXml(result.subject)}" classname="${escapeXml(result.file)}" file="${escapeXml(result.file)}" time="0"`;
    if (!isBad(result)) return `${open}/>\n`;
    const kind = result.verdict === 'unchecked' ? 'error' : 'failure';
    return `${open}>\n      <${kind} message="${escapeXml(headlineOf(result))}" type="${result.verdict}">${escapeXml(findings(result.messages).join('\n'))}</${kind}>\n    </testcase>\n`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="registry check" ${counts} time="0">\n  <testsuite name="schemas" ${counts} skipped="0" time="0">\n${cases.join('')}  </testsuite>\n</testsuites>\n`;
};
