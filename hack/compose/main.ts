/** `npm run compose:env [-- --monitoring]`: gives .env the passwords that docker-compose.yml asks for. */
import {
  chmodSync,
  existsSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { completeEnvironment } from './complete-environment.ts';

const [option, ...more] = process.argv.slice(2);
if (more.length > 0 || (option !== undefined && option !== '--monitoring')) {
  console.error(`"${[option, ...more].join(' ')}" is not understood; npm run compose:env [-- --monitoring]`);
  process.exit(2);
}

const path = join(import.meta.dirname, '..', '..', '.env');
// What a link leads to is written, and the link stays.
const file = existsSync(path) ? realpathSync(path) : path;
const { text, added } = completeEnvironment(existsSync(file) ? readFileSync(file, 'utf8') : '', {
  isMonitored: option === '--monitoring',
});
if (added.length > 0) {
  const written = `${file}.new`;
  rmSync(written, { force: true });
  writeFileSync(written, text, { mode: 0o600, flag: 'wx' });
  renameSync(written, file);
}
chmodSync(file, 0o600);
console.log(
  added.length === 0
    ? '.env has all that is needed; nothing was changed.'
    : `.env was given ${added.join(', ')}. Only you can read it, and nothing can read the volumes without it: keep it.`,
);
