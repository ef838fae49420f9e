/** `npm test`: what is quick first, then the suites, then one line that counts them all. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { createInterface } from 'node:readline';

const root = new URL('../', import.meta.url);

/**
 * Side by side, since a cluster mostly waits. What is in one lane runs one after the other. Tests of a cluster say how
 * soon something happens, those without one do not: these take what the others leave of the processors.
 */
const lanes = [
  { suites: ['test:api-server', 'test:cluster'], niceness: 0 },
  { suites: ['test:programs'], niceness: 10 },
] as const;

/** mocha's closing lines. */
const counted = {
  passed: /^ +(\d+) passing/,
  failed: /^ +(\d+) failing/,
  skipped: /^ +(\d+) pending/,
} as const;

/** A suite that has counted its tests ends within this time; one that a test has left something running does not. */
const END_MS = 60_000;

const totals = { passed: 0, failed: 0, skipped: 0 };
/** Lines of each suite that are told once more at the end, where whoever reads only that finds them. */
const longestAccount = 60;
const failures: string[] = [];

/** How the scripts that run are told of a signal. */
const running = new Set<(signal: NodeJS.Signals) => void>();
let isInterrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    isInterrupted = true;
    for (const end of running) end(signal);
  });
}

/** Shows a script's output line by line as it comes, and gives its exit code and its lines. */
async function script(name: string, niceness = 0): Promise<{ code: number; lines: string[] }> {
  const label = `${name.replace('test:', '').padEnd(10)} | `;
  const tell = (line: string) => console.log(`${label}${line}`);
  tell(`npm run ${name}`);
  const startedMs = performance.now();
  // A group of its own, so that all that it has started can be told to end.
  const child = spawn('npm', ['run', '--silent', name], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const closed = once(child, 'close');
  const end = (signal: NodeJS.Signals) => {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  };
  running.add(end);
  if (child.pid !== undefined && niceness > 0) setPriority(child.pid, niceness);
  const lines: string[] = [];
  let overdue: NodeJS.Timeout | undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    tell(line);
    if (!counted.passed.test(line)) return;
    overdue = setTimeout(() => {
      lines.push(`${name} did not end by itself: a test has left something running.`);
      end('SIGKILL');
    }, END_MS);
  });
  createInterface({ input: child.stderr }).on('line', tell);
  const [code] = (await closed) as [number | null];
  clearTimeout(overdue);
  running.delete(end);
  tell(`${name}: ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  return { code: code ?? 1, lines };
}

async function suite(name: string, niceness: number): Promise<void> {
  const { code, lines } = await script(name, niceness);
  let failed = 0;
  for (const line of lines) {
    for (const [result, pattern] of Object.entries(counted)) {
      const count = Number(pattern.exec(line)?.[1] ?? 0);
      totals[result as keyof typeof totals] += count;
      if (result === 'failed') failed += count;
    }
  }
  // Mocha's account of what failed follows the count of it.
  const from = lines.findIndex((line) => counted.failed.test(line));
  if (from >= 0) failures.push(`== ${name}`, ...lines.slice(from, from + longestAccount));
  // A suite that ended badly without saying which test failed has failed all the same.
  if (code !== 0 && failed === 0) {
    totals.failed += 1;
    failures.push(`== ${name}`, ...lines.slice(-longestAccount));
  }
}

const check = await script('check');
totals[check.code === 0 ? 'passed' : 'failed'] += 1;
if (check.code !== 0) failures.push('== check', ...check.lines.slice(-longestAccount));
await Promise.all(
  lanes.map(async ({ suites, niceness }) => {
    for (const name of suites) if (!isInterrupted) await suite(name, niceness);
  }),
);
if (failures.length > 0) console.log(`\n${failures.join('\n')}`);
console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed === 0 ? 0 : 1;
