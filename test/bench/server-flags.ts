import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What node is told in Dockerfile.server and in `npm run server`. */
export const serverFlags = ['--max-semi-space-size=16', '--heap-growing-percent=80', '--expose-gc'] as const;

/** In the image it is there; here the first process fills it. */
export const serverEnvironment = {
  NODE_COMPILE_CACHE: join(tmpdir(), 'llm-schema-registry-compile-cache'),
} as const;
