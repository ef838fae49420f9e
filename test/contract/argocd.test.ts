import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Status } from '../../operator/spec.ts';
import { BadSpec } from '../../operator/spec.ts';
import { stalledStatus, status } from '../../operator/status/status.ts';
import { findOnPath } from '../build/process.ts';
import { anObserved, aRegistry } from '../build/registry.ts';

const script = readFileSync(new URL('../../config/argocd/health.lua', import.meta.url), 'utf8');
const lua = findOnPath('lua5.4') ?? findOnPath('lua');

/** What Argo CD would say of an object with this status. */
function healthOf(generation: number, found: Status | undefined): { status: string; message: string } {
  const object = { metadata: { generation }, status: found };
  const program = `local obj = ${toLua(object)}\nlocal function health()\n${script}\nend\nlocal found = health()\nio.write(found.status, "\\n", found.message)`;
  const [said = '', message = ''] = execFileSync(lua ?? '', ['-'], {
    input: program,
    encoding: 'utf8',
  }).split('\n');
  return { status: said, message };
}

function toLua(value: unknown): string {
  if (value === undefined || value === null) return 'nil';
  if (Array.isArray(value)) return `{${value.map(toLua).join(', ')}}`;
  if (typeof value !== 'object') return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, field]) => `[${JSON.stringify(key)}] = ${toLua(field)}`)
    .join(', ')}}`;
}

describe('config/argocd/health.lua', () => {
  before(function () {
    if (lua === undefined) this.skip(); // Needs lua5.4 on the path.
  });
  const starting = () => status(aRegistry(), anObserved(), {}, undefined);
  const turned = (found: Status, ...pairs: readonly (readonly [string, string])[]): Status => ({
    ...found,
    conditions: (found.conditions ?? []).map((condition) => {
      const pair = pairs.find(([type]) => type === condition.type);
      return pair === undefined ? condition : { ...condition, status: pair[1] as 'True' };
    }),
  });

  it('waits for an operator that has not looked yet', () => {
    expect(healthOf(1, undefined).status).to.equal('Progressing');
    expect(healthOf(2, starting()).status).to.equal('Progressing');
  });

  it('waits while pods are being made', () => expect(healthOf(1, starting()).status).to.equal('Progressing'));

  it('tells a spec that cannot be carried out, in its words', () => {
    const found = stalledStatus(new BadSpec('spec.x: no'), 1, 0, starting());
    expect(healthOf(1, found)).to.deep.equal({ status: 'Degraded', message: 'spec.x: no' });
  });

  it('is well when the registry answers, and says what is amiss', () => {
    const found = turned(starting(), ['Ready', 'True'], ['Reconciling', 'False'], ['Degraded', 'True']);
    const degraded = found.conditions?.find(({ type }) => type === 'Degraded')?.message;
    expect(healthOf(1, found)).to.deep.equal({ status: 'Healthy', message: degraded });
  });

  it('tells a registry that does not answer', () => {
    const found = turned(starting(), ['Ready', 'False'], ['Reconciling', 'False']);
    expect(healthOf(1, found).status).to.equal('Degraded');
  });

  it('tells a pause', () => {
    expect(healthOf(1, turned(starting(), ['Paused', 'True'])).status).to.equal('Suspended');
  });
});
