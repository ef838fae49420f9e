import { openMetrics as openOperatorMetrics } from '../operator/metrics.ts';
import type { MetricFacts } from '../registry-server/metrics/measured.ts';
import { openMetrics } from '../registry-server/metrics/metrics.ts';
import { openWorkerMetrics } from '../registry-server/metrics/worker-metrics.ts';

// They come from /proc, so a machine without it would write another page.
const onLinuxOnly = /process_(virtual_memory_bytes|heap_bytes|open_fds|max_fds)$/;

/** Makes docs/metrics.md: every metric, as the code that counts declares it. */
export function metricsPage(): string {
  const server = openMetrics({
    poolUsage: () => ({ open: 0, idle: 0, waiting: 0, max: 0 }),
    isFeedAlive: () => true,
    backlog: () => ({ status: 'unknown', pending: 0, lagSeconds: 0 }),
  }).list();
  const workers = openWorkerMetrics(
    () => ({ alive: 0, wanted: 0 }),
    async () => [],
  ).list();
  const operator = openOperatorMetrics('0.0.0').list();
  return `# Metrics

Written by \`npm run generate\` from the code that counts them. A histogram \`x\` is read as \`x_bucket\`, \`x_sum\` and \`x_count\`. [Monitoring](monitoring.md)
says how they are collected, [the runbooks](runbooks/README.md) what to do about an alert.

## The registry server

At \`/metrics\` of port 9091. Where \`WORKERS\` (\`spec.config.workers\`) is more than one, this is the sum over the workers of a pod; of \`subjects\`,
\`schemas\`, \`versions\` and what the archive says it is the largest. Those three are counted in the background and never while somebody waits:
at most once a minute, and less often the longer it takes (a part in 500 of the time of one connection). Every replica counts the same rows,
so take the \`max\` of them, not the sum. The \`s3_…\` ones are there where an archive is.

${table(server.filter(isOwn))}

With more than one worker also:

${table(workers)}

## The operator

At \`/metrics\` of port 8080, under controller-runtime's names where it has one.

${table(operator.filter(isOwn))}

## Of Node.js and the process

What every program has that uses prom-client; the server's begin with \`schema_registry_\`. On Linux there are also \`process_open_fds\`, \`process_max_fds\`,
\`process_heap_bytes\` and \`process_virtual_memory_bytes\`.

${table(operator.filter((metric) => !isOwn(metric) && !onLinuxOnly.test(metric.name)))}
`;
}

const isOwn = ({ name }: MetricFacts): boolean => !/^(schema_registry_)?(process|nodejs)_/.test(name);

function table(metrics: readonly MetricFacts[]): string {
  const rows = metrics
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, type, labelNames, help }) => {
      const labels = labelNames.map((label) => `\`${label}\``).join(', ');
      return `| \`${name}\` | ${type} | ${labels} | ${help.replace(/\.$/, '').replaceAll('|', '\\|')} |`;
    });
  return ['| Metric | Type | Labels | Meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
