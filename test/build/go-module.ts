import { execFileSync } from 'node:child_process';
import { findGo } from './go-tool.ts';

/** The folder of a Go module's source, fetched once by Go itself; for what a module holds beside its code, such as CRDs. */
export function goModule(path: string, version: string): string {
  const go = findGo();
  if (!go) throw new Error(`Go, which fetches ${path}, is not on PATH`);
  const output = execFileSync(go, ['mod', 'download', '-json', `${path}@${version}`], {
    cwd: '/',
    env: { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '-modcacherw' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 5 * 60_000,
  });
  return (JSON.parse(output) as { Dir: string }).Dir;
}
