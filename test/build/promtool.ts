import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findDebianProgram } from './debian-program.ts';

const program = findDebianProgram('promtool', 'prometheus');

/** Why there is none, for the title of a skipped suite. */
export const missingPromtool: string | undefined =
  program === undefined
    ? 'no promtool: it is not on PATH, and the Debian package prometheus cannot be had'
    : undefined;

/** What promtool says of files, given as objects by their names; throws what it complains of. */
export function promtool(args: readonly string[], files: Readonly<Record<string, object>>): string {
  if (program === undefined) throw new Error(missingPromtool);
  const folder = mkdtempSync(join(tmpdir(), 'promtool-'));
  try {
    // JSON is YAML.
    for (const [name, content] of Object.entries(files))
      writeFileSync(join(folder, name), JSON.stringify(content));
    return execFileSync(program, args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`promtool ${args.join(' ')}: ${stdout}${stderr}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
