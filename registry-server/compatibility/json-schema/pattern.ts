import { Script } from 'node:vm';
import { compileLinear, type LinearExpression, type Spend } from './linear-expression.ts';

/** How much time of the processor a match may take. */
const maxMatchMs = 50;
/** By the clock, on however busy a machine. */
const longestMatchMs = 3_200;
/** What trying one way after another may cost: too much for the event loop, and for many names. */
const backtrackingSteps = 1_000_000;

/** Patterns of one comparison: each is read once. */
export class Patterns {
  readonly #compiled = new Map<string, LinearExpression | undefined>();
  readonly #spend: Spend;

  /** @param spend is told what the work costs, and may throw to end it */
  constructor(spend: Spend) {
    this.#spend = spend;
  }

  /**
   * Whether a name fits a pattern of a user; one that is no regular expression here fits nothing.
   * @throws RangeError when it takes too long
   */
  fits(pattern: string, name: string): boolean {
    if (!this.#compiled.has(pattern)) this.#compiled.set(pattern, this.#compile(pattern));
    return this.#compiled.get(pattern)?.test(name, this.#spend) ?? false;
  }

  #compile(pattern: string): LinearExpression | undefined {
    const flags = findFlags(pattern);
    if (flags === undefined) return undefined;
    const linear = compileLinear(pattern, flags);
    this.#spend(pattern.length);
    return linear ?? { test: (name, spend) => testWithDeadline(pattern, flags, name, spend) };
  }
}

/** JSON Schema recommends Unicode mode; patterns written for Java are often valid only without it. */
function findFlags(pattern: string): 'u' | '' | undefined {
  for (const flags of ['u', ''] as const) {
    try {
      new RegExp(pattern, flags);
      return flags;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return undefined;
}

/** For what looks around or back. */
function testWithDeadline(pattern: string, flags: string, name: string, spend: Spend): boolean {
  spend(backtrackingSteps);
  const script = new Script(
    `/x/.constructor(${JSON.stringify(pattern)}, ${JSON.stringify(flags)}).test(${JSON.stringify(name)})`,
  );
  // The limit that Node knows is one of the clock, which runs on while a busy machine does other things.
  for (let timeout = maxMatchMs; ; timeout *= 2) {
    const before = process.threadCpuUsage();
    try {
      return script.runInThisContext({ timeout }) as boolean;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
      const { user, system } = process.threadCpuUsage(before);
      if ((user + system) / 1000 >= maxMatchMs / 2 || timeout >= longestMatchMs)
        throw new RangeError(`a pattern takes too long: ${pattern.slice(0, 80)}`);
    }
  }
}
