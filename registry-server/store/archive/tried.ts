import { setTimeout as delay } from 'node:timers/promises';
import { backOffMs } from '../../waiting/back-off.ts';
import { BucketUnavailable } from '../bucket.ts';

const REQUEST_DEADLINE_MS = 30_000;
const TRIES = 6;
const RETRY = { firstMs: 200 };

/** One request to the bucket, for which there is time: S3 that is out for a moment does not end it. */
export async function tried<T>(request: (signal: AbortSignal) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await request(AbortSignal.timeout(REQUEST_DEADLINE_MS));
    } catch (error) {
      if (!(error instanceof BucketUnavailable) || tries === TRIES) throw error;
      await delay(backOffMs(tries, RETRY));
    }
  }
}
