import { LineCounter, parseDocument } from 'yaml';
import { judgeKeyList, WrongKeyList } from '../../registry-server/authentication/key-list.ts';

/** As registry-server/authentication/tokens.ts has it; test/contract/auth-secrets.test.ts holds the two in step. */
const leastSecretBytes = 32;

/**
 * What the server would say against a list of API keys: where, and what would be right; undefined where it takes it.
 * Never a key, or a part of one.
 */
export function findWrongKeys(content: Buffer): string | undefined {
  const lines = new LineCounter();
  const document = parseDocument(content.toString('utf8'), {
    schema: 'failsafe',
    prettyErrors: false,
    lineCounter: lines,
  });
  const [error] = document.errors;
  // The parser's own words may quote the line, and a key with it.
  if (error) return `line ${lines.linePos(error.pos[0]).line} is not YAML (${error.code})`;
  try {
    judgeKeyList(document.toJS());
    return undefined;
  } catch (wrong) {
    if (!(wrong instanceof WrongKeyList)) throw wrong;
    return wrong.entry === undefined ? wrong.message : `entry ${wrong.entry}: ${wrong.message}`;
  }
}

/** What the server would say against the secret of tokens; undefined where it takes it. */
export function findWrongSecret(content: Buffer): string | undefined {
  // A character for each byte; what an editor puts at the end is not the secret's.
  const { length } = content.toString('latin1').replace(/\r?\n$/, '');
  return length >= leastSecretBytes
    ? undefined
    : `it has ${length} bytes, and ${leastSecretBytes} are the least; openssl rand -base64 48 makes enough`;
}
