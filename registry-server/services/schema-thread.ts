import { parentPort } from 'node:worker_threads';
import { InvalidSchema } from '../schema-types/invalid-schema.ts';
import { type JobReply, type JobRequest, keepSchemas, schemaJobs } from './schema-jobs.ts';

/** Runs in a thread of its own: one job after the other, as they come. */
const KEPT_CHARACTERS = 4 * 1024 * 1024;

const schemas = keepSchemas(KEPT_CHARACTERS);

function run({ kind, input }: JobRequest): JobReply {
  try {
    return { outcome: 'done', result: schemaJobs[kind](schemas, input as never) };
  } catch (error) {
    // A RangeError is a stack that ran out: nested too deep for us.
    if (error instanceof InvalidSchema || error instanceof RangeError)
      return { outcome: 'invalid', words: error.message };
    return { outcome: 'failed', error };
  }
}

parentPort?.on('message', (request: JobRequest) => parentPort?.postMessage(run(request)));
parentPort?.postMessage({ outcome: 'started' } satisfies JobReply);
