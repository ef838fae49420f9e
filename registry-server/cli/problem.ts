/** What the command ends with. Documented in docs/cli.md. */
export const exitCodes = {
  /** It is done, and the answer is yes. */
  done: 0,
  /** The answer is no: something is incompatible, invalid or changed. */
  no: 1,
  /** There is no answer: a wrong call, no connection, a refusal. */
  failed: 2,
  /** As a shell has it for SIGINT. */
  interrupted: 130,
} as const;

/** What a person has to see, in one sentence that says what would be right; never a stack. */
export class Problem extends Error {
  override readonly name: string = 'Problem';
}

/** An answer of the registry that is not a success. */
export class Refusal extends Problem {
  override readonly name = 'Refusal';
  readonly status: number;
  /** `error_code` of the answer, such as 40401; the status where there is none. */
  readonly code: number;
  /** What the registry says, without where and why around it. */
  readonly said: string;

  constructor(message: string, status: number, code: number, said: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.said = said;
  }
}

/** Subject, version, schema, config or mode not found: the codes 40401 to 40409. */
export const isNotFound = (error: unknown): error is Refusal =>
  error instanceof Refusal && error.status === 404 && error.code !== 404;

/** Of the codes that say that a schema is none, or breaks a rule. */
export const isInvalid = (error: unknown): error is Refusal =>
  error instanceof Refusal && error.status === 422 && [42201, 42209, 42210].includes(error.code);
