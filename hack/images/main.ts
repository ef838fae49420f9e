import { Problem } from '../cluster/problem.ts';
import { reportTo } from '../cluster/report.ts';
import { buildImages } from './build-images.ts';

try {
  for (const { name, archivePath, bytesCompressed } of await buildImages(reportTo(process.stderr))) {
    console.log(`${name.padEnd(56)}${(bytesCompressed / 1e6).toFixed(1).padStart(7)} MB  ${archivePath}`);
  }
} catch (error) {
  console.error(error instanceof Problem ? error.message : error);
  process.exitCode = 1;
}
