import { github } from './github.ts';
import { json } from './json.ts';
import { junit } from './junit.ts';
import type { Report } from './report.ts';
import { sarif } from './sarif.ts';
import { text } from './text.ts';

export const reports = { text, json, github, junit, sarif } as const satisfies Record<string, Report>;
