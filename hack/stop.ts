/** `npm stop`: takes away what `npm start` made. */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findCluster } from './cluster/cluster.ts';
import { Problem } from './cluster/problem.ts';
import { chooseProvider } from './cluster/providers.ts';
import { reportTo } from './cluster/report.ts';
import { defaultName } from './cluster/up.ts';
import { kubectlOf } from './kubectl.ts';

const folder = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

async function stop(): Promise<void> {
  const { values } = parseArgs({ options: { context: { type: 'string' } } });
  const report = reportTo(process.stdout);
  if (values.context !== undefined) {
    const { provider } = await chooseProvider({ context: values.context });
    const { kubectlPath, kubeconfigPath } = await provider.up({});
    const kubectl = kubectlOf(kubectlPath, kubeconfigPath, ['--context', values.context]);
    report('Deleting the sample');
    await kubectl(['delete', 'schemaregistry', 'sample', '-n', 'default', '--ignore-not-found']);
    const others = (
      await kubectl(['get', 'schemaregistries', '-A', '-o', 'name', '--ignore-not-found'])
    ).trim();
    if (others !== '') {
      throw new Problem(`Other registries need the operator, so it stays:\n${others}`);
    }
    report('Deleting the operator');
    await kubectl(['delete', '-k', folder('config/default'), '--ignore-not-found']);
    await kubectl(['delete', '-k', folder('crds'), '--ignore-not-found']);
    return report('Done; the volumes of the sample are left (kubectl get pvc)');
  }
  const choice =
    findCluster(defaultName) === undefined
      ? await chooseProvider({})
      : await chooseProvider({ provider: 'local' });
  report(`Taking the ${choice.name} cluster down`);
  await choice.provider.down(defaultName);
  report('Done');
}

try {
  await stop();
} catch (error) {
  console.error(error instanceof Problem ? error.message : error);
  process.exitCode = 1;
}
