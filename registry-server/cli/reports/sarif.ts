import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { version } from '../../version.ts';
import { findings } from '../findings.ts';
import { headlineOf, isBad, type Report } from './report.ts';

const rules = [
  { id: 'incompatible', text: 'The schema breaks the compatibility level of its subject.' },
  { id: 'invalid', text: 'The registry does not take the text for a schema of its type.' },
  { id: 'unchecked', text: 'The schema refers to one that is not registered yet.' },
] as const;

/** https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html, as code scanning of GitHub reads it. */
export const sarif: Report = (results) => {
  const found = results.filter(isBad).map((result) => ({
    ruleId: result.verdict,
    ruleIndex: rules.findIndex(({ id }) => id === result.verdict),
    level: 'error',
    message: { text: `${result.subject}: ${headlineOf(result)}\n${findings(result.messages).join('\n')}` },
    locations: [
      { physicalLocation: { artifactLocation: { uri: uriOf(result.file) }, region: { startLine: 1 } } },
    ],
  }));
  const driver = {
    name: 'registry check',
    version,
    informationUri: 'https://github.com/llm-schema-registry/llm-schema-registry',
    rules: rules.map(({ id, text }) => ({
      id,
      shortDescription: { text },
      defaultConfiguration: { level: 'error' },
    })),
  };
  const log = {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [{ tool: { driver }, columnKind: 'utf16CodeUnits', results: found }],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
};

/** Relative ones are from the root of the repository, where checks run. */
const uriOf = (file: string): string =>
  isAbsolute(file) ? pathToFileURL(file).href : file.split(/[/\\]/).map(encodeURIComponent).join('/');
