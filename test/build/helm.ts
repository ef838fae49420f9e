import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { binariesOf, buildBinaries } from '../../hack/cluster/binaries.ts';
import { reportTo } from '../../hack/cluster/report.ts';
import { run } from '../../hack/cluster/run.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';

export const chart = fileURLToPath(new URL('../../config/chart', import.meta.url));
/** Where docs have people install the chart. */
export const home = 'llm-schema-registry';

export interface Helm {
  /** @param values become a file of values @throws Problem with what Helm said */
  (args: readonly string[], values?: object): Promise<string>;
  /** The objects of the chart with these values, its hooks among them. */
  readonly rendered: (values?: object, args?: readonly string[]) => Promise<readonly KubeObject[]>;
  readonly close: () => void;
}

/**
 * Helm without the settings of whoever runs the tests.
 * @param program another build of Helm than ours
 */
export async function openHelm(program?: string): Promise<Helm> {
  if (program === undefined) await buildBinaries(['helm'], reportTo(process.stderr));
  const path = program ?? join(binariesOf('helm'), 'helm');
  const folder = mkdtempSync(join(tmpdir(), 'helm-'));
  const helm = (args: readonly string[], values?: object) => {
    const given = values === undefined ? args : [...args, '--values', '-'];
    const env = {
      HELM_CACHE_HOME: join(folder, 'cache'),
      HELM_CONFIG_HOME: join(folder, 'config'),
      HELM_DATA_HOME: join(folder, 'data'),
      KUBECACHEDIR: join(folder, 'kube'),
      KUBECONFIG: process.env.KUBECONFIG ?? '',
    };
    return run(path, given, { env, input: values === undefined ? undefined : JSON.stringify(values) });
  };
  const rendered = async (values: object = {}, args: readonly string[] = []) => {
    const text = await helm(['template', 'schemas', chart, '--namespace', home, ...args], values);
    return objectsOf(text);
  };
  return Object.assign(helm, {
    rendered,
    close: () => rmSync(folder, { recursive: true, force: true }),
  });
}

/** @throws Error where a document is no YAML, or has a key twice */
export function objectsOf(text: string): readonly KubeObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    const object = document.toJS() as KubeObject | null;
    return object === null ? [] : [object];
  });
}
