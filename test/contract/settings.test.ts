import { expect } from 'chai';
import { serverConfig } from '../../operator/desired/config-map.ts';
import { desired } from '../../operator/desired/table.ts';
import type { V1PodSpec } from '../../operator/kubernetes.ts';
import { BadSpec, type Spec } from '../../operator/spec.ts';
import { readSettings, settingsTable } from '../../registry-server/settings.ts';
import { anObserved, aRegistry } from '../build/registry.ts';

/** The environment of the server's container, with the Secrets' values in place. */
function environmentOf(spec: Spec): Record<string, string> {
  const registry = aRegistry(spec);
  const all = desired(registry, anObserved());
  const get = (wanted: string, name: string) => {
    const found = all.find(({ kind, metadata }) => kind === wanted && metadata.name === name);
    if (found === undefined) throw new Error(`no ${wanted} ${name} among the children`);
    return found;
  };
  const { spec: deployment } = get('Deployment', registry.name);
  const [container] = (deployment as { template: { spec: V1PodSpec } }).template.spec.containers;
  const secret = (name = '', key = '') =>
    Buffer.from((get('Secret', name).data as Record<string, string>)[key] ?? '', 'base64').toString();
  const secrets = (container?.env ?? []).map(({ name, valueFrom }) => [
    name,
    secret(valueFrom?.secretKeyRef?.name, valueFrom?.secretKeyRef?.key),
  ]);
  return { ...serverConfig(registry), ...Object.fromEntries(secrets) };
}

describe('the environment that the operator sets and the server reads', () => {
  const specs: Readonly<Record<string, Spec>> = {
    'an empty spec': {},
    'no cache': { cache: { disabled: true } },
    'the least of everything': {
      config: {
        cacheTtl: '1s',
        cacheMaxEntries: 1,
        maxSchemaSize: 1,
        requestTimeout: '1s',
        shutdownTimeout: '1s',
      },
      database: { pool: { min: 0, max: 1, acquireTimeout: '1s' } },
    },
    'the most of everything': {
      config: {
        cacheTtl: '365d',
        cacheMaxEntries: 10_000_000,
        maxSchemaSize: '256Mi',
        requestTimeout: '60m',
        shutdownTimeout: '60m',
      },
      database: { pool: { min: 1000, max: 1000, acquireTimeout: '60m' } },
    },
  };
  for (const [title, spec] of Object.entries(specs)) {
    it(`is taken by the server: ${title}`, () => {
      readSettings(environmentOf(spec));
    });
  }

  it('has no variable that the server does not know', () => {
    const known = new Set(settingsTable.map(({ name }) => name));
    expect(Object.keys(environmentOf({})).filter((name) => !known.has(name))).to.deep.equal([]);
  });

  it('sets every variable but the folder of a server without a database', () => {
    const set = new Set(Object.keys(environmentOf({})));
    expect(settingsTable.map(({ name }) => name).filter((name) => !set.has(name))).to.deep.equal([
      'DATA_FOLDER',
    ]);
  });

  it('means by an empty spec what the server does without any variable', () => {
    const defaults = Object.fromEntries(
      settingsTable.flatMap(({ name, default: text }) => (text === undefined ? [] : [[name, text]])),
    );
    expect(serverConfig(aRegistry())).to.deep.equal(defaults);
  });

  it('is refused by the operator where the server would not take it', () => {
    expect(() => aRegistry({ config: { requestTimeout: '2000m' } })).to.throw(
      BadSpec,
      'spec.config.requestTimeout: "2000m"',
    );
    expect(() => aRegistry({ config: { maxSchemaSize: '999Mi' } })).to.throw(
      BadSpec,
      'spec.config.maxSchemaSize: "999Mi"',
    );
  });
});
