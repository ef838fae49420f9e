/** `npm test`: what is quick first, then the suites, then one line that counts them all. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const root = new URL('../', import.meta.url);
const suites = ['test:unit', 'test:api-server', 'test:cluster'] as const;
/** mocha's closing lines. */
const counted = {
  passed: /^ +(\d+) passing/,
  failed: /^ +(\d+) failing/,
  skipped: /^ +(\d+) pending/,
} as const;

const totals = { passed: 0, failed: 0, skipped: 0 };
/** Lines of each suite that are told once more at the end, where whoever reads only that finds them. */
const longestAccount = 60;
const failures: string[] = [];

/** Shows a script's output as it comes, and gives its exit code and its lines. */
async function script(name: string): Promise<{ code: number; lines: string[] }> {
  console.log(`\n== npm run ${name}`);
  const startedMs = performance.now();
  const child = spawn('npm', ['run', '--silent', name], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    process.stdout.write(text);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  console.log(`== ${name}: ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  return { code: code ?? 1, lines: output.split('\n') };
}

const check = await script('check');
totals[check.code === 0 ? 'passed' : 'failed'] += 1;
if (check.code !== 0) failures.push('== check', ...check.lines.slice(-longestAccount));
for (const name of suites) {
  const { code, lines } = await script(name);
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
if (failures.length > 0) console.log(`\n${failures.join('\n')}`);
console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed === 0 ? 0 : 1;
