export interface KeyPage {
  readonly keys: readonly string[];
  /** Give it back for the next page. */
  readonly next: string | undefined;
}

/** Text or bytes under keys, below one prefix of one bucket. */
export interface Bucket {
  /** Two buckets are the same when this is. */
  readonly address: string;
  put(key: string, body: string | Uint8Array, signal: AbortSignal): Promise<void>;
  find(key: string, signal: AbortSignal): Promise<string | undefined>;
  /** What is no text, as it was put. */
  findBytes(key: string, signal: AbortSignal): Promise<Uint8Array | undefined>;
  /** Removes the object; it is no error when there is none. */
  remove(key: string, signal: AbortSignal): Promise<void>;
  list(below: string, next: string | undefined, signal: AbortSignal): Promise<KeyPage>;
  close(): void;
}

/** S3 cannot be reached, or takes nothing from us. The message is fit for clients. */
export class BucketUnavailable extends Error {
  override readonly name = 'BucketUnavailable';
}

/** S3 refuses this one object, and will the next time. */
export class ObjectRefused extends Error {
  override readonly name = 'ObjectRefused';
}
