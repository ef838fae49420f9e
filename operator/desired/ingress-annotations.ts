import type { Registry } from '../registry.ts';
import { BadSpec } from '../spec.ts';
import { tlsSecretName } from './certificates.ts';
import { names } from './child.ts';

/**
 * What spec.ingress.annotations may say. An ingress controller serves the whole cluster, and some annotations are code for it,
 * or lead its requests, its Secrets or the hosts of others elsewhere. Of controllers that are known a list of keys is
 * allowed; of others everything but the names that such annotations have wherever they occur. The operator's setting
 * INGRESS_ANNOTATIONS allows more.
 * @throws BadSpec that names the annotation and the reason
 */
export function mustBeHarmless(registry: Registry): void {
  for (const [key, value] of Object.entries(registry.ingress?.annotations ?? {}))
    refuse(registry, 'spec.ingress.annotations', key, findHarm(registry, key, value));
}

/**
 * The same of spec.service.annotations, which some of these controllers read too. What a cloud's load balancer reads is not
 * looked at: it is asked for by the type of the Service.
 * @throws BadSpec that names the annotation and the reason
 */
export function mustBeHarmlessOnService(registry: Registry): void {
  for (const key of Object.keys(registry.service.annotations))
    refuse(registry, 'spec.service.annotations', key, findHarmOnService(key));
}

function refuse({ policy }: Registry, field: string, key: string, because: string | undefined): void {
  if (because === undefined || policy.ingressAnnotations.some((allowed) => isMeant(allowed, key))) return;
  throw new BadSpec(
    `${field}[${key.slice(0, 100)}] is not allowed, because ${because}; leave it out, or have INGRESS_ANNOTATIONS of the operator name it`,
  );
}

function findHarmOnService(key: string): string | undefined {
  const slash = key.indexOf('/');
  const [domain, name] = [key.slice(0, Math.max(0, slash)).toLowerCase(), key.slice(slash + 1)];
  const own = readOnServices.find(([known]) => domain === known || domain.endsWith(`.${known}`));
  if (own === undefined)
    return /snippet|lua|plugin|middleware|serverstransport/i.test(name)
      ? 'where controllers read such a name it is code, or it leads requests elsewhere'
      : undefined;
  return own[1].some((allowed) => isMeant(allowed, name))
    ? undefined
    : 'it is not among the harmless ones of its controller';
}

const readOnServices: readonly (readonly [domain: string, keys: readonly string[]])[] = [
  ['getambassador.io', []],
  ['konghq.com', ['connect-timeout', 'path', 'protocol', 'read-timeout', 'retries', 'write-timeout']],
  ['traefik.ingress.kubernetes.io', ['service.passhostheader', 'service.serversscheme', 'service.sticky.*']],
  ['nginx.ingress.kubernetes.io', []],
  ['haproxy.org', ['check', 'check-interval', 'load-balance', 'pod-maxconn', 'server-proto', 'server-ssl']],
  ['haproxy-ingress.github.io', ['balance-algorithm', 'backend-protocol', 'secure-backends']],
  ['projectcontour.io', ['max-connections', 'max-requests', 'max-retries', 'upstream-protocol.*']],
  ['external-dns.alpha.kubernetes.io', ['cloudflare-proxied', 'hostname', 'internal-hostname', 'ttl']],
];

/** Whether a setting means a key: it may be `*`, `domain/*` or one key. */
function isMeant(allowed: string, key: string): boolean {
  return allowed === key || (allowed.endsWith('*') && key.startsWith(allowed.slice(0, -1)));
}

function findHarm(registry: Registry, key: string, value: string): string | undefined {
  const slash = key.indexOf('/');
  const [domain, name] = slash < 0 ? ['', key] : [key.slice(0, slash).toLowerCase(), key.slice(slash + 1)];
  const instead = fieldsInstead[key];
  if (instead !== undefined) return `the spec has a field for it: ${instead}`;
  const controller = Object.entries(controllers).find(
    ([known]) => domain === known || domain.endsWith(`.${known}`),
  )?.[1];
  if (controller === undefined)
    return suspicious.test(name)
      ? 'where controllers read such a name it is code, or it leads requests or Secrets elsewhere'
      : undefined;
  if (key === 'nginx.ingress.kubernetes.io/proxy-ssl-secret') return findForeignSecret(registry, value);
  const isListed = controller.keys.some((allowed) => isMeant(allowed, name));
  if (!isListed) return 'it is not among the harmless ones of its controller';
  // The value becomes a part of a configuration file.
  if (/[\n\r;{}\\`"'$#]/.test(value) && controller.isConfiguration)
    return 'its value has one of ; { } \\ ` " \' $ # or a line break, which may be code';
  return undefined;
}

/** The authority by which the controller knows the registry's own pods. */
function findForeignSecret(registry: Registry, value: string): string | undefined {
  const own = [tlsSecretName(registry, 'server'), names(registry).authority];
  const paths = own.map((name) => `${registry.namespace}/${name}`);
  return paths.includes(value) ? undefined : `it is another's Secret; write ${paths[0]}`;
}

const fieldsInstead: Readonly<Record<string, string>> = {
  'kubernetes.io/ingress.class': 'spec.ingress.className',
  'kubernetes.io/tls-acme': 'spec.ingress.certManager',
  'cert-manager.io/issuer': 'spec.ingress.certManager.issuer',
  'cert-manager.io/cluster-issuer': 'spec.ingress.certManager.clusterIssuer',
};

interface Controller {
  /** `*` at the end stands for the rest of a name. */
  readonly keys: readonly string[];
  readonly isConfiguration?: true;
}

const words = (text: string) => text.trim().split(/\s+/);

const nginxKeys = words(`
  affinity affinity-mode affinity-canary-behavior backend-protocol client-body-buffer-size connection-proxy-header
  cors-allow-credentials cors-allow-headers cors-allow-methods cors-allow-origin cors-expose-headers cors-max-age enable-cors
  allowlist-source-range denylist-source-range whitelist-source-range enable-access-log enable-opentelemetry
  enable-rewrite-log force-ssl-redirect ssl-redirect preserve-trailing-slash http2-push-preload
  limit-allowlist limit-whitelist limit-burst-multiplier limit-connections limit-rate limit-rate-after limit-rpm limit-rps
  load-balance proxy-body-size proxy-buffer-size proxy-buffering proxy-buffers-number proxy-busy-buffers-size
  proxy-connect-timeout proxy-http-version proxy-max-temp-file-size proxy-next-upstream proxy-next-upstream-timeout
  proxy-next-upstream-tries proxy-read-timeout proxy-request-buffering proxy-send-timeout proxy-ssl-ciphers
  proxy-ssl-name proxy-ssl-protocols proxy-ssl-server-name proxy-ssl-verify proxy-ssl-verify-depth service-upstream
  session-cookie-change-on-failure session-cookie-conditional-samesite-none session-cookie-expires session-cookie-max-age
  session-cookie-name session-cookie-path session-cookie-samesite session-cookie-secure
  ssl-ciphers ssl-passthrough ssl-prefer-server-ciphers`);

/** Ingress controllers, by the domain of their annotations and of those below it. */
const controllers: Readonly<Record<string, Controller>> = {
  'nginx.ingress.kubernetes.io': { keys: nginxKeys, isConfiguration: true },
  // F5's own.
  'nginx.org': {
    keys: words(`client-max-body-size grpc-services hsts hsts-include-subdomains hsts-max-age keepalive lb-method max-conns max-fails
      fail-timeout proxy-buffering proxy-buffers proxy-buffer-size proxy-connect-timeout proxy-read-timeout proxy-send-timeout
      redirect-to-https server-tokens ssl-services websocket-services`),
    isConfiguration: true,
  },
  'nginx.com': { keys: words('health-checks slow-start'), isConfiguration: true },
  'traefik.ingress.kubernetes.io': {
    keys: words(
      'router.entrypoints router.tls router.tls.certresolver service.passhostheader service.serversscheme service.sticky.*',
    ),
  },
  'haproxy.org': {
    keys: words(`allow-list deny-list whitelist check check-interval cookie-persistence cors-* forwarded-for load-balance
      pod-maxconn rate-limit-* server-proto server-ssl ssl-redirect ssl-redirect-code ssl-redirect-port timeout-*`),
    isConfiguration: true,
  },
  'haproxy-ingress.github.io': {
    keys: words(`affinity allowlist-source-range denylist-source-range whitelist-source-range backend-protocol
      balance-algorithm cors-* hsts hsts-include-subdomains hsts-max-age limit-connections limit-rps proxy-body-size secure-backends
      session-cookie-name ssl-redirect timeout-*`),
    isConfiguration: true,
  },
  'haproxy.router.openshift.io': {
    keys: words(
      'balance disable_cookies hsts_header ip_allowlist ip_whitelist rate-limit-* timeout timeout-tunnel',
    ),
    isConfiguration: true,
  },
  'projectcontour.io': {
    keys: words(
      'max-connections max-requests num-retries per-try-timeout response-timeout retry-on tls-minimum-protocol-version websocket-routes',
    ),
  },
  'konghq.com': {
    keys: words(
      'connect-timeout https-redirect-status-code preserve-host protocol protocols read-timeout request-buffering response-buffering retries strip-path write-timeout',
    ),
  },
  'k8s.apisix.apache.org': {
    keys: words(
      'allowlist-source-range blocklist-source-range cors-* enable-cors enable-websocket http-to-https upstream-connect-timeout upstream-read-timeout upstream-retries upstream-scheme upstream-send-timeout',
    ),
  },
  'higress.io': { keys: [] },
  'alb.ingress.kubernetes.io': {
    keys: words(`backend-protocol backend-protocol-version certificate-arn healthcheck-* healthy-threshold-count inbound-cidrs
      ip-address-type listen-ports scheme ssl-policy ssl-redirect success-codes tags target-type unhealthy-threshold-count`),
  },
  'appgw.ingress.kubernetes.io': {
    keys: words(
      'backend-protocol connection-draining connection-draining-timeout cookie-based-affinity request-timeout ssl-redirect',
    ),
  },
  'networking.gke.io': { keys: [] },
  'cloud.google.com': { keys: [] },
  'cert-manager.io': {
    keys: words(
      'duration renew-before private-key-algorithm private-key-encoding private-key-rotation-policy private-key-size revision-history-limit',
    ),
  },
  // A name or a target of one's own would be another's name.
  'external-dns.alpha.kubernetes.io': { keys: words('cloudflare-proxied ttl') },
  'ingress.kubernetes.io': { keys: words('force-ssl-redirect ssl-redirect') },
  'kubernetes.io': { keys: words('ingress.allow-http') },
};

/** ingress-nginx can be told to read its annotations under any domain, and others have taken over its names. */
const suspicious =
  /snippet|lua|script|^auth|[-.]auth|secret|middleware|plugin|rewrite|redirect|mirror|server-alias|canary|upstream-vhost|default-backend|custom-http-errors|modsecurity|serverstransport|satisfy|backend-config|permanent|app-root|stream|x-forwarded-prefix|proxy-set-header|hostname$|target$/i;
