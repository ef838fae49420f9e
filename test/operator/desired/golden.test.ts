import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import { desired } from '../../../operator/desired/table.ts';
import type { Spec } from '../../../operator/registry.ts';
import { anObserved, aRegistry, aSecret, someCertificates } from '../../build/registry.ts';

const samples = new URL('../../../config/samples/', import.meta.url);
const golden = new URL('../../golden/', import.meta.url);

/** Those that external.yaml names. */
const namedSecrets = [
  aSecret('registry-db', { username: 'me', password: 'secret' }),
  aSecret('registry-db-ca', { 'ca.crt': 'PEM' }),
  aSecret('registry-redis', { password: 'secret' }),
  aSecret('archive-keys', { accessKeyId: 'me', secretAccessKey: 'secret' }),
  // Those that CloudNativePG makes for cloudnativepg.yaml.
  aSecret('failing-over-postgres-app', { username: 'registry', password: 'secret' }),
  aSecret('failing-over-postgres-ca', { 'ca.crt': 'PEM' }),
];

describe('the children of a sample', () => {
  for (const sample of [
    ...['minimal', 'production', 'exposed', 'external', 'encrypted', 'authenticated', 'cloudnativepg'],
  ]) {
    it(`${sample}.yaml: as in test/golden (npm run golden writes them anew)`, () => {
      const { metadata, spec } = parse(readFileSync(new URL(`${sample}.yaml`, samples), 'utf8')) as {
        metadata: { name: string };
        spec: Spec;
      };
      const certificates = spec.tls === undefined ? undefined : someCertificates;
      const children = desired(aRegistry(spec, metadata.name), anObserved({ namedSecrets, certificates }));
      const text = children
        .map((child) => stringify(child, { aliasDuplicateObjects: false, lineWidth: 0 }))
        .join('---\n');
      const file = new URL(`${sample}.yaml`, golden);
      if (process.env.UPDATE_GOLDEN === '1' || !existsSync(file)) writeFileSync(file, text);
      expect(text).to.equal(readFileSync(file, 'utf8'));
    });
  }

  it('production.yaml says of everything but auth, TLS and passwords what an empty spec means', () => {
    const { spec } = parse(readFileSync(new URL('production.yaml', samples), 'utf8')) as { spec: Spec };
    const observed = anObserved({ certificates: someCertificates });
    const short: Spec = {
      auth: { mode: 'ApiKey' },
      tls: { mode: 'Operator' },
      credentials: spec.credentials,
    };
    expect(desired(aRegistry(spec), observed)).to.deep.equal(desired(aRegistry(short), observed));
    const { auth: _auth, tls: _tls, credentials: _credentials, ...rest } = spec;
    expect(desired(aRegistry(rest), anObserved())).to.deep.equal(desired(aRegistry({}), anObserved()));
  });
});
