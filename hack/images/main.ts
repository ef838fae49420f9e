import { copyFileSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import packageJson from '../../package.json' with { type: 'json' };
import { Problem } from '../cluster/problem.ts';
import { reportTo } from '../cluster/report.ts';
import { buildCommand, buildImages } from './build-images.ts';
import { buildWithEngine } from './engine.ts';
import { command, programs } from './table.ts';

const usage = `npm run images [-- OPTIONS]

  --engine docker|podman   build the two programs and the command from their public bases; default: without an engine, from Debian packages
  --folder FOLDER          copy the archives there, as NAME.tar`;

try {
  const { values } = parseArgs({
    options: {
      engine: { type: 'string' },
      folder: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) throw new Problem(usage);
  const { version } = packageJson;
  const report = reportTo(process.stderr);
  const built = await (values.engine === undefined
    ? [...(await buildImages(report)), ...(await buildCommand(report))]
    : buildWithEngine(values.engine, report, [...programs(version), command(version)]));
  for (const { name, archivePath, bytesCompressed } of built) {
    console.log(`${name.padEnd(56)}${(bytesCompressed / 1e6).toFixed(1).padStart(7)} MB  ${archivePath}`);
    if (values.folder === undefined) continue;
    mkdirSync(values.folder, { recursive: true });
    copyFileSync(archivePath, join(values.folder, `${basename(name).replace(/:.*$/, '')}.tar`));
  }
} catch (error) {
  console.error(error instanceof Problem ? error.message : error);
  process.exitCode = 1;
}
