import { expect } from 'chai';
import type { Child } from '../../../operator/desired/child.ts';
import { grpcIngress, grpcTarget, ingress, ingressUrl } from '../../../operator/desired/ingress.ts';
import type { Spec } from '../../../operator/registry.ts';
import { BadSpec } from '../../../operator/spec.ts';
import { anObserved, aRegistry, aSecret } from '../../build/registry.ts';

type IngressFields = NonNullable<Spec['ingress']>;
const registry = (fields: IngressFields, rest: Spec = {}) =>
  aRegistry({ ...rest, ingress: { enabled: true, className: 'nginx', ...fields } });
const http = { hosts: ['*.example.com', 'registry.example.com', 'api.example.com'] };

function annotationsOf(fields: IngressFields, rest: Spec = {}): Readonly<Record<string, string>> {
  return ingress(registry({ http, ...fields }, rest), anObserved())?.metadata.annotations ?? {};
}

const nginx = (key: string) => `nginx.ingress.kubernetes.io/${key}`;

describe('the ingress', () => {
  it('is there only when it is wanted', () => {
    expect(ingress(aRegistry(), anObserved())).to.equal(undefined);
    expect(ingress(aRegistry({ ingress: { enabled: false, http } }), anObserved())).to.equal(undefined);
  });

  it('leads every host to the Service', () => {
    const spec = ingress(registry({ http }), anObserved())?.spec;
    const { rules } = (spec ?? {}) as { rules: { host: string }[] };
    expect(rules.map(({ host }) => host)).to.deep.equal(http.hosts);
    expect(JSON.stringify(rules)).to.include('"service":{"name":"sample","port":{"name":"http"}}');
  });

  for (const [title, fields, url, tls] of [
    ['without TLS', { http }, 'http://registry.example.com', undefined],
    ['with a Secret', { http: { ...http, tlsSecretName: 'mine' } }, 'https://registry.example.com', 'mine'],
    [
      'with cert-manager',
      { http, certManager: { issuer: 'ca' } },
      'https://registry.example.com',
      'sample-http-tls',
    ],
    ['with a wildcard alone', { http: { hosts: ['*.example.com'] } }, undefined, undefined],
  ] as const satisfies readonly (readonly [string, unknown, string | undefined, string | undefined])[]) {
    it(`${title}: ${url}`, () => {
      const wanted = registry(fields as IngressFields);
      expect(ingressUrl(wanted)).to.equal(url);
      const spec = ingress(wanted, anObserved())?.spec as { tls?: { secretName: string }[] };
      expect(spec.tls?.[0]?.secretName).to.equal(tls);
    });
  }

  for (const [className, given, has] of [
    ['nginx', undefined, true],
    ['nginx-internal', undefined, true],
    ['traefik', undefined, false],
    ['traefik', 'nginx', false],
    [undefined, undefined, false],
    [undefined, 'nginx', true],
    [undefined, 'traefik', false],
  ] as const)
    it(`${has ? 'has' : 'has not'} what ingress-nginx reads with the class ${className ?? `of the cluster, ${given ?? 'which is not known yet'}`}`, () => {
      const wanted = registry({ http, grpc: { hosts: ['grpc.example.com'] }, className });
      const children = [ingress, grpcIngress].flatMap((child) => {
        const made = child(wanted, anObserved());
        return made === undefined
          ? []
          : [{ ...made, spec: { ...(made.spec as object), ingressClassName: given } }];
      });
      for (const child of [ingress, grpcIngress]) {
        const { annotations = {} } = child(wanted, anObserved({ children }))?.metadata ?? {};
        expect(Object.keys(annotations).some((key) => key.startsWith(nginx('')))).to.equal(has);
      }
    });

  it('redirects to HTTPS only where there is TLS', () => {
    expect(annotationsOf({})).not.to.have.property(nginx('ssl-redirect'));
    expect(annotationsOf({ certManager: { clusterIssuer: 'le' } })).to.include({
      [nginx('ssl-redirect')]: 'true',
      [nginx('force-ssl-redirect')]: 'true',
      'cert-manager.io/cluster-issuer': 'le',
    });
  });

  it('leads to gRPC in an object of its own, where hosts are named for it', () => {
    expect(grpcIngress(registry({ http }), anObserved())).to.equal(undefined);
    const grpc = { hosts: ['*.grpc.example.com', 'grpc.example.com'] };
    const wanted = registry({ http, grpc, certManager: { issuer: 'ca' } });
    const made = grpcIngress(wanted, anObserved());
    expect(made?.metadata.name).to.equal('sample-grpc');
    expect(made?.metadata.annotations).to.include({
      [nginx('backend-protocol')]: 'GRPC',
      [nginx('force-ssl-redirect')]: 'true',
      'cert-manager.io/issuer': 'ca',
    });
    expect(JSON.stringify(made?.spec)).to.include('"service":{"name":"sample","port":{"name":"grpc"}}');
    expect(made?.spec).to.have.nested.property('tls[0].secretName', 'sample-grpc-tls');
    expect(grpcTarget(wanted)).to.equal('grpc.example.com:443');
    expect(grpcTarget(registry({ http, grpc }))).to.equal('grpc.example.com:80');
  });

  it('lets the pages of no other origin in, unless the configuration lists them', () => {
    const of = (config: Spec['config'], rest: Spec = {}) =>
      annotationsOf({}, { ...rest, ...(config && { config }) });
    const corsIn = (annotations: object) => Object.keys(annotations).filter((key) => key.includes('cors'));
    expect(corsIn(of(undefined))).to.deep.equal([]);
    expect(corsIn(of({ logLevel: 'debug' }))).to.deep.equal([]);
    const origins: [string, ...string[]] = ['https://app.example.com', 'https://*.example.com'];
    expect(of({ cors: { origins } })).to.include({
      [nginx('enable-cors')]: 'true',
      [nginx('cors-allow-origin')]: origins.join(','),
      [nginx('cors-allow-credentials')]: 'false',
    });
    expect(of({ cors: { origins: ['https://a.example.com', '*'] } })).to.include({
      [nginx('cors-allow-origin')]: '*',
    });
    // A form that ingress-nginx does not know: the server answers for itself.
    expect(corsIn(of({ cors: { origins: [...origins, 'http://[::1]:3000'] } }))).to.deep.equal([]);
    const auth = { mode: 'ApiKey', apiKeyHeader: 'X-Team-Key' } as const;
    expect(of({ cors: { origins } }, { auth })[nginx('cors-allow-headers')]).to.include('X-Team-Key');
    const both = registry({ http, grpc: { hosts: ['grpc.example.com'] } }, { config: { cors: { origins } } });
    expect(corsIn(grpcIngress(both, anObserved())?.metadata.annotations ?? {})).to.deep.equal([]);
  });

  for (const [title, made, child] of [
    ['http', { http, certManager: { issuer: 'ca' } }, ingress],
    ['grpc', { http: { hosts: ['a'] }, grpc: http, certManager: { clusterIssuer: 'ca' } }, grpcIngress],
  ] as const satisfies readonly (readonly ['http' | 'grpc', IngressFields, Child])[])
    it(`has cert-manager overwrite no Secret of somebody else (${title})`, () => {
      const name = `sample-${title}-tls`;
      const over = (annotations: Readonly<Record<string, string>>) => () =>
        child(registry(made), anObserved({ namedSecrets: [aSecret(name, {}, { annotations })] }));
      expect(over({ 'cert-manager.io/certificate-name': name })).not.to.throw();
      const others: readonly Record<string, string>[] = [
        {},
        { 'cert-manager.io/certificate-name': 'another' },
      ];
      for (const annotations of others)
        expect(over(annotations)).to.throw(
          BadSpec,
          `spec.ingress.${title}.tlsSecretName: Secret "${name}" is there`,
        );
    });

  it('speaks gRPC in TLS to the pods where they do, whatever is said of the REST API', () => {
    const grpc = { hosts: ['grpc.example.com'] };
    const annotations = { [nginx('backend-protocol')]: 'HTTP', 'example.test/a': 'b' };
    const wanted = registry({ http, grpc, annotations }, { tls: { mode: 'Operator' } });
    expect(grpcIngress(wanted, anObserved())?.metadata.annotations).to.include({
      'example.test/a': 'b',
      [nginx('backend-protocol')]: 'GRPCS',
    });
  });

  it('takes bodies and times from the configuration, and a user wins over both', () => {
    const config = { maxSchemaSize: '16Mi', requestTimeout: '2m' };
    expect(annotationsOf({}, { config })).to.include({
      [nginx('proxy-body-size')]: '32m',
      [nginx('proxy-read-timeout')]: '120',
    });
    const annotations = { [nginx('proxy-body-size')]: '1m', 'example.test/a': 'b' };
    expect(annotationsOf({ annotations }, { config })).to.include(annotations);
  });
});
