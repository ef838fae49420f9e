import { Script } from 'node:vm';

const maxMatchMs = 50;

/** Whether a name fits a pattern of a user; one that is no regular expression here, or takes too long, fits nothing. */
export function fitsPattern(pattern: string, name: string): boolean {
  const expression = findExpression(pattern);
  if (expression === undefined) return false;
  // Without two repetitions the time grows with the name's length at most squared.
  if (repetitions(pattern) < 2) return expression.test(name);
  try {
    return new Script(
      `/x/.constructor(${JSON.stringify(pattern)}, ${JSON.stringify(expression.flags)}).test(${JSON.stringify(name)})`,
    ).runInThisContext({ timeout: maxMatchMs }) as boolean;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false;
    throw error;
  }
}

const repetitions = (pattern: string): number => pattern.match(/[*+}]/g)?.length ?? 0;

/** JSON Schema recommends Unicode mode; patterns written for Java are often valid only without it. */
function findExpression(pattern: string): RegExp | undefined {
  for (const flags of ['u', '']) {
    try {
      return new RegExp(pattern, flags);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return undefined;
}
