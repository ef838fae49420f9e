import { compatibility } from './compatibility.ts';
import { config } from './config.ts';
import { contexts } from './contexts.ts';
import { mode } from './mode.ts';
import { openapi } from './openapi.ts';
import type { Route } from './route.ts';
import { schemas } from './schemas.ts';
import { serverInfo } from './server-info.ts';
import { subjects } from './subjects.ts';
import { versions } from './versions.ts';

export const routes: readonly Route[] = [
  subjects,
  versions,
  schemas,
  compatibility,
  config,
  mode,
  contexts,
  serverInfo,
  openapi,
];
