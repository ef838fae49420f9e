/** What `check` found of one file. */
export interface CheckResult {
  readonly subject: string;
  readonly file: string;
  readonly verdict: 'compatible' | 'incompatible' | 'invalid' | 'unchecked';
  /** What it was compared with: a version, or those that the level asks for. */
  readonly against: number | 'latest' | 'level';
  /** The subject's compatibility level, where the registry tells it. */
  readonly level: string | undefined;
  /** What is wrong, in the words of the registry; never empty where something is. */
  readonly messages: readonly string[];
}

/** Writes all results for somebody. */
export type Report = (results: readonly CheckResult[]) => string;

/** A verdict in words, such as `incompatible under FULL`. */
export const headlineOf = ({ verdict, level }: CheckResult): string =>
  verdict === 'incompatible' && level !== undefined ? `incompatible under ${level}` : verdict;

export const isBad = ({ verdict }: CheckResult): boolean => verdict !== 'compatible';
