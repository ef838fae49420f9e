/** What the API server said no to. `code` is the HTTP status, `reason` the API's own word for it. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: number;
  readonly reason: string;
  /** The paths of the fields that are refused, where it names them. */
  readonly fields: readonly string[];

  constructor(code: number, reason: string, message: string, fields: readonly string[] = []) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.fields = fields;
  }
}

export const isNotFound = (error: unknown) => error instanceof ApiError && error.code === 404;
export const isConflict = (error: unknown) => error instanceof ApiError && error.code === 409;
/** The operator has no right to what it asked for, or admission says no. */
export const isForbidden = (error: unknown) => error instanceof ApiError && error.code === 403;
/** 410: the resource version is too old; list again. */
export const isExpired = (error: unknown) => error instanceof ApiError && error.code === 410;
/** The object itself is refused: another try with the same one is refused as well. */
export const isRefused = (error: unknown): error is ApiError =>
  error instanceof ApiError &&
  (error.code === 422 ||
    error.code === 400 ||
    error.code === 403 ||
    // Server-side apply answers a field that no schema knows as an error of its own.
    (error.code === 500 && error.message.includes('failed to create typed patch object')));

export function statusError(code: number, text: string): ApiError {
  try {
    const {
      reason = '',
      message = text,
      details,
    } = JSON.parse(text) as {
      reason?: string;
      message?: string;
      details?: { causes?: readonly { field?: string }[] };
    };
    const fields = details?.causes?.flatMap(({ field }) => field ?? []);
    return new ApiError(code, reason, message, fields);
  } catch {
    return new ApiError(code, '', text.slice(0, 500));
  }
}
