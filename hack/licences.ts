/** `npm run licences` asks whether everything that is passed on with the programs is under a licence of the list. */
import { readFileSync } from 'node:fs';
import { type Lock, refusedLicences } from './refused-licences.ts';

const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')) as Lock;
const refused = refusedLicences(lock);
if (refused.length > 0) {
  console.error(`Not on the list of hack/refused-licences.ts:\n${refused.join('\n')}`);
  process.exitCode = 1;
} else {
  const count = Object.entries(lock.packages).filter(([path, { dev }]) => path !== '' && !dev).length;
  console.log(`${count} packages are passed on, each under a licence of the list.`);
}
