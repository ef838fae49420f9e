import type { Credentials } from './authentication/authenticate.ts';
import type { CompatibilityLevel } from './compatibility/modes.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { SchemaParser } from './services/parse-schema.ts';
import type { Store } from './store/store.ts';

/** What services work with. */
export interface Registry {
  readonly store: Store;
  readonly parser: SchemaParser;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly defaultCompatibility: CompatibilityLevel;
  /** Where no config says so. */
  readonly validateNewSchemas: boolean;
  readonly maxSchemaBytes: number;
  readonly maxBodyBytes: number;
  /** Undefined where nobody is asked who they are. */
  readonly credentials: Credentials | undefined;
}
