import { compatibility } from './compatibility.ts';
import { config } from './config.ts';
import { contexts } from './contexts.ts';
import { health } from './health.ts';
import { mode } from './mode.ts';
import { renderings } from './renderings.ts';
import type { Resource } from './route.ts';
import { schemas } from './schemas.ts';
import { serverInfo } from './server-info.ts';
import { subjects } from './subjects.ts';
import { versions } from './versions.ts';

/** In the order in which the OpenAPI document has them. */
export const resources: readonly Resource[] = [
  subjects,
  versions,
  schemas,
  compatibility,
  config,
  mode,
  contexts,
  renderings,
  serverInfo,
  health,
];
