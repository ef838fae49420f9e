import { expect } from 'chai';
import { ingress } from '../../../operator/desired/ingress.ts';
import { service } from '../../../operator/desired/service.ts';
import { BadSpec } from '../../../operator/spec.ts';
import { anObserved, aRegistry } from '../../build/registry.ts';

const http = { hosts: ['registry.example.com'] };
const made = (annotations: Readonly<Record<string, string>>, ingressAnnotations: readonly string[] = []) =>
  ingress(
    aRegistry({ ingress: { enabled: true, http, annotations } }, 'sample', {}, { ingressAnnotations }),
    anObserved(),
  );

const nginx = (key: string) => `nginx.ingress.kubernetes.io/${key}`;

/** Code for the controller, the Secrets and hosts of others, and requests that go elsewhere. */
const refused: Readonly<Record<string, string>> = {
  [nginx('configuration-snippet')]: 'more_set_headers "a: b";',
  [nginx('server-snippet')]: 'location /a { return 200; }',
  [nginx('stream-snippet')]: 'server {}',
  [nginx('modsecurity-snippet')]: 'SecRuleEngine Off',
  [nginx('auth-snippet')]: 'a',
  [nginx('auth-url')]: 'http://169.254.169.254/',
  [nginx('auth-signin')]: 'https://elsewhere.example.com',
  [nginx('auth-secret')]: 'other/passwords',
  [nginx('auth-tls-secret')]: 'other/ca',
  [nginx('auth-tls-match-cn')]: 'CN=a',
  [nginx('auth-proxy-set-headers')]: 'other/headers',
  [nginx('proxy-ssl-secret')]: 'other/tls',
  [nginx('fastcgi-params-configmap')]: 'other/params',
  [nginx('server-alias')]: 'shop.example.com',
  [nginx('canary')]: 'true',
  [nginx('canary-weight')]: '100',
  [nginx('default-backend')]: 'other',
  [nginx('custom-headers')]: 'other/headers',
  [nginx('upstream-vhost')]: 'other.svc',
  [nginx('rewrite-target')]: '/admin',
  [nginx('use-regex')]: 'true',
  [nginx('permanent-redirect')]: 'https://elsewhere.example.com',
  [nginx('mirror-target')]: 'https://elsewhere.example.com',
  [nginx('global-rate-limit')]: '1',
  [nginx('not-thought-of-yet')]: 'a',
  // A harmless name with code in its value.
  [nginx('proxy-body-size')]: '1m; } location /a { return 200; }',
  [nginx('session-cookie-path')]: '/\nreturn 200',
  [nginx('cors-allow-origin')]: 'https://a.example.com$http_x',
  // The same under another prefix, as ingress-nginx can be told to read them.
  'nginx.example.com/server-snippet': 'a',
  'example.com/auth-url': 'a',
  'nginx.org/location-snippets': 'a',
  'nginx.org/server-snippets': 'a',
  'nginx.org/rewrites': 'a',
  'nginx.com/jwt-key': 'a',
  'traefik.ingress.kubernetes.io/router.middlewares': 'other-auth@kubernetescrd',
  'traefik.ingress.kubernetes.io/router.tls.options': 'other-tls@kubernetescrd',
  'traefik.ingress.kubernetes.io/router.priority': '1000000',
  'traefik.ingress.kubernetes.io/service.serverstransport': 'other-a@kubernetescrd',
  'haproxy.org/backend-config-snippet': 'a',
  'haproxy.org/frontend-config-snippet': 'a',
  'haproxy.org/auth-secret': 'other/a',
  'haproxy.org/server-ca': 'other/a',
  'haproxy.org/request-redirect': 'elsewhere.example.com',
  'haproxy-ingress.github.io/config-backend': 'a',
  'haproxy-ingress.github.io/auth-external-placement': 'a',
  'haproxy.router.openshift.io/rewrite-target': '/a',
  'konghq.com/plugins': 'a',
  'konghq.com/override': 'a',
  'k8s.apisix.apache.org/plugin-config-name': 'a',
  'projectcontour.io/tls-cert-namespace': 'other',
  'higress.io/wasm': 'a',
  'alb.ingress.kubernetes.io/actions.other': '{}',
  'alb.ingress.kubernetes.io/group.name': 'shared',
  'alb.ingress.kubernetes.io/auth-idp-oidc': '{}',
  'cert-manager.io/secret-template': '{"labels": {"llm-schema-registry.io/allowed-for": "any"}}',
  'cert-manager.io/alt-names': 'shop.example.com',
  'cert-manager.io/cluster-issuer': 'public',
  'acme.cert-manager.io/http01-edit-in-place': 'true',
  'external-dns.alpha.kubernetes.io/hostname': 'shop.example.com',
  'external-dns.alpha.kubernetes.io/target': '192.0.2.1',
  'kubernetes.io/ingress.class': 'internal',
  'kubernetes.io/ingress.global-static-ip-name': 'shop',
};

const allowed: Readonly<Record<string, string>> = {
  [nginx('limit-rps')]: '500',
  [nginx('proxy-body-size')]: '1m',
  [nginx('backend-protocol')]: 'HTTPS',
  [nginx('whitelist-source-range')]: '10.0.0.0/8, 192.0.2.0/24',
  [nginx('cors-allow-headers')]: 'Authorization, X-Team-Key',
  [nginx('proxy-ssl-verify')]: 'on',
  [nginx('proxy-ssl-secret')]: 'team-a/sample-tls',
  'traefik.ingress.kubernetes.io/router.entrypoints': 'websecure',
  'haproxy.org/timeout-server': '50s',
  'alb.ingress.kubernetes.io/listen-ports': '[{"HTTPS": 443}]',
  'cert-manager.io/renew-before': '360h',
  'external-dns.alpha.kubernetes.io/ttl': '60',
  'example.test/a': 'b',
  'a-name-without-a-domain': 'b',
};

describe('the annotations of an ingress', () => {
  for (const [key, value] of Object.entries(refused)) {
    it(`are not ${key}: ${JSON.stringify(value)}`, () =>
      expect(() => made({ [key]: value })).to.throw(
        BadSpec,
        `spec.ingress.annotations[${key}] is not allowed`,
      ));
  }

  for (const [key, value] of Object.entries(allowed))
    it(`may be ${key}: ${JSON.stringify(value)}`, () =>
      expect(made({ [key]: value })?.metadata.annotations).to.include({ [key]: value }));

  it('may be more where the operator names them: one, all of a domain, or all', () => {
    const key = nginx('auth-url');
    const annotations = { [key]: 'https://login.example.com' };
    for (const setting of [key, 'nginx.ingress.kubernetes.io/*', '*'])
      expect(made(annotations, [setting])?.metadata.annotations).to.include(annotations);
    for (const setting of [nginx('auth-ur'), 'ingress.kubernetes.io/*', `${key}/*`])
      expect(() => made(annotations, [setting])).to.throw(BadSpec);
  });

  it('are named in a refusal without their values', () =>
    expect(() => made({ [nginx('server-snippet')]: 'hunter2' }))
      .to.throw(BadSpec)
      .with.property('message')
      .that.does.not.include('hunter2'));
});

describe('the annotations of the Service', () => {
  const of = (key: string, ingressAnnotations: readonly string[] = []) =>
    service(
      aRegistry({ service: { annotations: { [key]: 'a' } } }, 'sample', {}, { ingressAnnotations }),
      anObserved(),
    )?.metadata.annotations;

  for (const key of [
    'getambassador.io/config',
    'konghq.com/plugins',
    'traefik.ingress.kubernetes.io/service.serverstransport',
    'haproxy.org/backend-config-snippet',
    'nginx.ingress.kubernetes.io/server-snippet',
    'external-dns.alpha.kubernetes.io/target',
    'example.com/server-snippet',
  ])
    it(`are not ${key}, unless the operator names it`, () => {
      expect(() => of(key)).to.throw(BadSpec, `spec.service.annotations[${key}] is not allowed`);
      expect(of(key, [key])).to.have.property(key);
    });

  for (const key of [
    'service.beta.kubernetes.io/aws-load-balancer-type',
    'networking.gke.io/load-balancer-type',
    'metallb.io/address-pool',
    'external-dns.alpha.kubernetes.io/hostname',
    'tailscale.com/hostname',
    'example.com/kind',
  ])
    it(`may be ${key}`, () => expect(of(key)).to.have.property(key));
});
