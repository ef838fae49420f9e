import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cacheFolder } from '../../hack/cluster/folders.ts';
import { findOnPath } from './process.ts';

/** A command from the Go modules. */
export interface GoTool {
  /** Its package, such as example.com/tool/cmd/tool. */
  readonly command: string;
  readonly version: string;
  /** Of Go's (GOEXPERIMENT), where it cannot be built without. */
  readonly experiment?: string;
}

/** Where Go is, also where it is not on PATH. */
export function findGo(): string | undefined {
  return findOnPath('go') ?? ['/usr/local/go/bin/go'].find(existsSync);
}

/** Builds it once for all runs, by its version; `reason` says why it cannot be had. */
export function findGoTool({
  command,
  version,
  experiment = '',
}: GoTool): { readonly program: string } | { readonly reason: string } {
  // A major version at the end of a path is not in the name of the program.
  const name = basename(command.replace(/\/v\d+$/, ''));
  const program = join(cacheFolder, 'bin', `${name}-${version}`);
  if (existsSync(program)) return { program };
  const go = findGo();
  if (!go) return { reason: `Go, which builds ${name}, is not on PATH` };
  process.stderr.write(`Building ${name} from Go modules (once; kept in ${cacheFolder}).\n`);
  const folder = join(cacheFolder, 'bin', `.new-${process.pid}-${name}`);
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync(go, ['install', '-p', '2', `${command}@${version}`], {
      cwd: '/',
      env: {
        ...process.env,
        GOBIN: folder,
        GOTOOLCHAIN: 'local',
        GOFLAGS: '',
        GOEXPERIMENT: experiment,
        CGO_ENABLED: '0',
      },
      stdio: 'pipe',
      timeout: 40 * 60_000,
    });
    renameSync(join(folder, name), program);
    return { program };
  } catch (error) {
    const words = String((error as { stderr?: Buffer }).stderr ?? error).slice(-300);
    return { reason: `${name} cannot be built (${words})` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a tool prints that finds nothing to say; where it finds something, that. @throws Error where it cannot be had */
export function saidBy(tool: GoTool, args: readonly string[], cwd: string): string {
  const found = findGoTool(tool);
  if ('reason' in found) throw new Error(found.reason);
  try {
    return execFileSync(found.program, args, { cwd, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    return String((error as { stdout?: string }).stdout || error);
  }
}
