import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import { findGoTool } from './go-tool.ts';
import type { Party } from './network.ts';

const tool = findGoTool({ command: 'github.com/mattfenwick/cyclonus/cmd/cyclonus', version: 'v0.5.6' });

/** Why there is none, for the skip of a test. */
export const missingCyclonus: string | undefined = 'reason' in tool ? tool.reason : undefined;

export interface Way {
  readonly from: Party;
  readonly to: Party;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
}

/** What cyclonus, which reads policies as the API says, makes of each way: whether it is open. */
export function askCyclonus(policies: readonly KubeObject[], ways: readonly Way[]): readonly boolean[] {
  if ('reason' in tool) throw new Error(tool.reason);
  const folder = mkdtempSync(join(tmpdir(), 'cyclonus-'));
  try {
    // Of a file with several documents it reads the first.
    const [policyPath, trafficPath] = [join(folder, 'policies'), join(folder, 'traffic.json')];
    mkdirSync(policyPath);
    for (const [index, policy] of policies.entries())
      writeFileSync(join(policyPath, `${index}.yaml`), stringify(policy, { aliasDuplicateObjects: false }));
    const traffic = ways.map(({ from, to, port, protocol }) => ({
      Source: peer(from),
      Destination: peer(to),
      ResolvedPort: port,
      ResolvedPortName: '',
      Protocol: protocol,
    }));
    writeFileSync(trafficPath, JSON.stringify(traffic));
    const said = execFileSync(
      tool.program,
      ['analyze', '--mode=query-traffic', `--policy-path=${policyPath}`, `--traffic-path=${trafficPath}`],
      { encoding: 'utf8', maxBuffer: 2 ** 30, stdio: ['ignore', 'pipe', 'ignore'] },
    );
    return [...said.matchAll(/IS ALLOWED\?\s+\|\s+(TRUE|FALSE)/g)].map(([, word]) => word === 'TRUE');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function peer({ namespace, labels = {}, address }: Party) {
  if (namespace === undefined) return { IP: address };
  const internal = {
    Namespace: namespace,
    NamespaceLabels: { 'kubernetes.io/metadata.name': namespace },
    PodLabels: labels,
  };
  return { Internal: internal, IP: '10.0.0.1' };
}
