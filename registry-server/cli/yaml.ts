import { parseDocument, stringify } from 'yaml';
import { Problem } from './problem.ts';

/** @throws Problem with the place where the text is no YAML */
export function parseYaml(text: string, file: string): unknown {
  const document = parseDocument(text, { logLevel: 'error' });
  const [error] = document.errors;
  if (error) throw new Problem(`${file} is not YAML: ${error.message.split('\n')[0]}`);
  try {
    return document.toJS();
  } catch (error) {
    throw new Problem(`${file} is not YAML: ${(error as Error).message}`, { cause: error });
  }
}

export const toYaml = (value: unknown): string =>
  stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 });
