import { openEmbedded } from './embedded.ts';
import { openPostgres } from './postgres.ts';

/** Where data can be kept. Every one passes the same suite. */
export const databases = { postgres: openPostgres, embedded: openEmbedded } as const;
