import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { LuaFactory } from 'wasmoon';
import type { Status } from '../../operator/registry.ts';
import { BadSpec } from '../../operator/spec.ts';
import { stalledStatus, status } from '../../operator/status/status.ts';
import { anObserved, aRegistry } from '../build/registry.ts';

const script = readFileSync(new URL('../../config/argocd/health.lua', import.meta.url), 'utf8');
/** What Argo CD would say of an object with this status; Argo CD has Lua, and so has wasmoon. */
async function healthOf(
  generation: number,
  found: Status | undefined,
): Promise<{ status: string; message: string }> {
  const lua = await new LuaFactory().createEngine();
  try {
    const object = toLua({ metadata: { generation }, status: found });
    const said = (await lua.doString(
      `local obj = ${object}\nlocal function health()\n${script}\nend\nlocal found = health()\nreturn found.status .. "\\n" .. found.message`,
    )) as string;
    const [status = '', message = ''] = said.split('\n');
    return { status, message };
  } finally {
    lua.global.close();
  }
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
  const starting = () => status(aRegistry(), anObserved(), {}, undefined);
  const turned = (found: Status, ...pairs: readonly (readonly [string, string])[]): Status => ({
    ...found,
    conditions: (found.conditions ?? []).map((condition) => {
      const pair = pairs.find(([type]) => type === condition.type);
      return pair === undefined ? condition : { ...condition, status: pair[1] as 'True' };
    }),
  });

  it('waits for an operator that has not looked yet', async () => {
    expect((await healthOf(1, undefined)).status).to.equal('Progressing');
    expect((await healthOf(2, starting())).status).to.equal('Progressing');
  });

  it('waits while pods are being made', async () =>
    expect((await healthOf(1, starting())).status).to.equal('Progressing'));

  it('tells a spec that cannot be carried out, in its words', async () => {
    const found = stalledStatus(new BadSpec('spec.x: no'), 1, 0, starting());
    expect(await healthOf(1, found)).to.deep.equal({ status: 'Degraded', message: 'spec.x: no' });
  });

  it('is well when the registry answers, and says what is amiss', async () => {
    const found = turned(starting(), ['Ready', 'True'], ['Reconciling', 'False'], ['Degraded', 'True']);
    const degraded = found.conditions?.find(({ type }) => type === 'Degraded')?.message;
    expect(await healthOf(1, found)).to.deep.equal({ status: 'Healthy', message: degraded });
  });

  it('tells a registry that does not answer', async () => {
    const found = turned(starting(), ['Ready', 'False'], ['Reconciling', 'False']);
    expect((await healthOf(1, found)).status).to.equal('Degraded');
  });

  it('tells a pause', async () => {
    expect((await healthOf(1, turned(starting(), ['Paused', 'True']))).status).to.equal('Suspended');
  });
});
