import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';
import { desired } from '../../operator/desired/table.ts';
import { isRefused } from '../../operator/kube/api-error.ts';
import { openKubeConfig } from '../../operator/kube/cluster.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import type { Spec } from '../../operator/registry.ts';
import { BadSpec } from '../../operator/spec.ts';
import { exposures } from '../../operator/status/exposed.ts';
import { status } from '../../operator/status/status.ts';
import { mustBeWithinPolicy } from '../../operator/within-policy.ts';
import { openApiServer, until } from '../build/api-server.ts';
import { aRegistryNamed } from '../build/children.ts';
import { fromSchema } from '../build/from-schema.ts';
import { chance, pick, type Random, roundsOr, seeded } from '../build/random.ts';
import { anObserved, aRegistry, aSchemaRegistry, aSecret, someCertificates } from '../build/registry.ts';
import { isFields, switches } from '../build/switches.ts';

/** Refused at apply: the field, and what would be right. */
const refused: readonly { title: string; spec: unknown; name?: string; says: RegExp }[] = [
  {
    title: 'more replicas at least than at most',
    spec: { autoscaling: { minReplicas: 5, maxReplicas: 2 } },
    says: /spec\.autoscaling: .*minReplicas must not be above autoscaling\.maxReplicas/,
  },
  {
    title: 'a size that is none',
    spec: { database: { managed: { storage: { size: '10 GB' } } } },
    says: /spec\.database\.managed\.storage\.size: .*"10 GB" is not a size; write 10Gi/,
  },
  {
    title: 'a size of nothing that could be kept there',
    spec: { database: { managed: { storage: { size: '1Ki' } } } },
    says: /spec\.database\.managed\.storage\.size: .*"1Ki" is not a size; write 10Gi/,
  },
  {
    title: 'an amount that is none',
    spec: { resources: { requests: { cpu: '1 core' } } },
    says: /spec\.resources\.requests\[cpu\]: .*"1 core" is not an amount; write 500m or 1Gi/,
  },
  {
    title: 'an amount below nothing',
    spec: { cache: { managed: { resources: { limits: { memory: -1 } } } } },
    says: /spec\.cache\.managed\.resources\.limits\[memory\]: .*"-1" is not an amount; write 500m or 1Gi/,
  },
  {
    title: 'a thousand that Kubernetes writes with a small letter',
    spec: { resources: { limits: { memory: '1K' } } },
    says: /spec\.resources\.limits\[memory\]: .*"1K" is not an amount/,
  },
  {
    title: 'a largest schema that is none',
    spec: { config: { maxSchemaSize: '1 MB' } },
    says: /spec\.config\.maxSchemaSize: .*"1 MB" is not a size; write 1Mi/,
  },
  {
    title: 'a time that is none',
    spec: { config: { requestTimeout: 'soon' } },
    says: /spec\.config\.requestTimeout: .*"soon" is not a time; write 30s/,
  },
  {
    title: 'an unknown level',
    spec: { config: { defaultCompatibility: 'BACKWARDS' } },
    says: /spec\.config\.defaultCompatibility: .*supported values: "NONE", "BACKWARD"/,
  },
  {
    title: 'both a Redis and none',
    spec: { cache: { managed: {}, disabled: true } },
    says: /spec\.cache: .*not both/,
  },
  {
    title: 'a pool upside down',
    spec: { database: { pool: { min: 20, max: 5 } } },
    says: /spec\.database\.pool: .*pool\.min must not be above pool\.max/,
  },
  {
    title: 'a budget that blocks every drain, beside autoscaling',
    spec: { podDisruptionBudget: { minAvailable: 3 } },
    says: /podDisruptionBudget\.minAvailable must be less than the fewest replicas/,
  },
  {
    title: 'a budget that blocks every drain, beside fixed replicas',
    spec: { replicas: 2, autoscaling: { enabled: false }, podDisruptionBudget: { minAvailable: 2 } },
    says: /podDisruptionBudget\.minAvailable must be less than the fewest replicas/,
  },
  {
    title: 'a gRPC route without hosts of the REST API',
    spec: { gateway: { parentRefs: [{ name: 'public' }], grpc: { hostnames: ['b.example.com'] } } },
    says: /spec\.gateway: .*gateway\.hostnames must name the hosts of the REST API/,
  },
  {
    title: 'a host of both routes',
    spec: {
      gateway: {
        parentRefs: [{ name: 'public' }],
        hostnames: ['a.example.com'],
        grpc: { hostnames: ['a.example.com'] },
      },
    },
    says: /spec\.gateway: .*gateway\.grpc\.hostnames must not name a host of gateway\.hostnames/,
  },
  {
    title: 'a gateway without a Gateway',
    spec: { gateway: { parentRefs: [] } },
    says: /spec\.gateway\.parentRefs: .*should have at least 1 items/,
  },
  {
    title: 'a Redis with a host and with sentinels',
    spec: {
      cache: { external: { host: 'redis', sentinel: { masterName: 'cache', nodes: [{ host: 'one' }] } } },
    },
    says: /spec\.cache\.external: .*set host, or sentinel/,
  },
  {
    title: 'two caches',
    spec: { cache: { managed: {}, external: { host: 'redis' } } },
    says: /spec\.cache: .*not both/,
  },
  {
    title: 'two databases',
    spec: { database: { managed: {}, external: { host: 'db', credentialsSecretRef: { name: 'db' } } } },
    says: /spec\.database: .*set one of .*, not several/,
  },
  {
    title: 'a database of both kinds that others run',
    spec: {
      database: {
        external: { host: 'db', credentialsSecretRef: { name: 'db' } },
        cnpg: { clusterRef: { name: 'pg' } },
      },
    },
    says: /spec\.database: .*set one of .*, not several/,
  },
  {
    title: 'a Cluster that is there, and is to be made',
    spec: { database: { cnpg: { clusterRef: { name: 'pg' }, instances: 3 } } },
    says: /spec\.database\.cnpg: .*names a Cluster that somebody else owns; leave out instances/,
  },
  {
    title: 'the user of a Cluster that is to be made',
    spec: { database: { cnpg: { instances: 3, credentialsSecretRef: { name: 'db' } } } },
    says: /spec\.database\.cnpg: .*are for a Cluster that is there; set database\.cnpg\.clusterRef/,
  },
  {
    title: 'a Cluster without instances',
    spec: { database: { cnpg: { instances: 0 } } },
    says: /spec\.database\.cnpg\.instances: .*greater than or equal to 1/,
  },
  {
    title: 'a volume of a Cluster that has no size',
    spec: { database: { cnpg: { storage: { size: '10 GB' } } } },
    says: /spec\.database\.cnpg\.storage\.size: .*"10 GB" is not a size; write 10Gi/,
  },
  {
    title: 'a URL for a host',
    spec: { database: { external: { host: 'postgres://db', credentialsSecretRef: { name: 'db' } } } },
    says: /spec\.database\.external\.host: .*"postgres:\/\/db" is not a host; write db\.example\.com/,
  },
  {
    title: 'an archive without a bucket',
    spec: { artifacts: { s3: { region: 'eu-central-1' } } },
    says: /spec\.artifacts\.s3\.bucket: Required/,
  },
  {
    title: 'an archive at an endpoint that is no URL',
    spec: { artifacts: { s3: { bucket: 'team-a', endpoint: 'minio:9000' } } },
    says: /spec\.artifacts\.s3\.endpoint: .*"minio:9000" is not a URL; write https:\/\/s3\.example\.com/,
  },
  {
    title: 'a registry that begins with its own archive',
    spec: {
      artifacts: { s3: { bucket: 'team-a', prefix: 'registry' } },
      bootstrap: { archive: { s3: { bucket: 'team-a', prefix: 'registry' } } },
    },
    says: /bootstrap\.archive\.s3 and artifacts\.s3 name one archive: .* name the archive of another registry/,
  },
  {
    title: 'the archive of another registry without a bucket',
    spec: { bootstrap: { archive: { s3: { prefix: 'registry' } } } },
    says: /spec\.bootstrap\.archive\.s3\.bucket: Required/,
  },
  {
    title: 'a drill at a time that is no cron expression',
    spec: { artifacts: { s3: { bucket: 'team-a', drill: { schedule: 'every night' } } } },
    says: /spec\.artifacts\.s3\.drill\.schedule: .*"every night" is not a cron expression of five fields; write 30 3 \* \* \*/,
  },
  {
    title: 'snapshots at a time that is no cron expression',
    spec: { artifacts: { s3: { bucket: 'team-a', snapshots: { schedule: '0 25 * * *' } } } },
    says: /spec\.artifacts\.s3\.snapshots\.schedule: .*"0 25 \* \* \*" is not a cron expression of five fields; write 0 \* \* \* \*/,
  },
  {
    title: 'fewer snapshots than none',
    spec: { artifacts: { s3: { bucket: 'team-a', snapshots: { keep: { hourly: -1 } } } } },
    says: /spec\.artifacts\.s3\.snapshots\.keep\.hourly: .*should be greater than or equal to 0/,
  },
  {
    title: 'a point in time that is none',
    spec: { artifacts: { s3: { bucket: 'team-a', restoreAt: 'an hour ago' } } },
    says: /spec\.artifacts\.s3\.restoreAt: .*"an hour ago" is neither the name of a snapshot nor a time; write 2026-11-26T22:00:00Z/,
  },
  {
    title: 'a collector that is no URL',
    spec: { monitoring: { tracing: { endpoint: 'otel-collector:4317' } } },
    says: /spec\.monitoring\.tracing\.endpoint: .*"otel-collector:4317" is not a URL; write http:\/\/otel-collector/,
  },
  {
    title: 'traces without a collector',
    spec: { monitoring: { tracing: { ratio: '1' } } },
    says: /spec\.monitoring\.tracing\.endpoint: Required/,
  },
  ...['1.5', '5%', '-0.1', '.5'].map((ratio) => ({
    title: `the ratio ${ratio} of traces`,
    spec: { monitoring: { tracing: { endpoint: 'http://otel-collector:4318', ratio } } },
    says: new RegExp(
      `spec\\.monitoring\\.tracing\\.ratio: .*"${ratio.replace('.', '\\.')}" is not a number from 0 to 1`,
    ),
  })),
  {
    title: 'more workers than connections',
    spec: { config: { workers: 8 }, database: { pool: { min: 1, max: 4 } } },
    says: /config\.workers must not be above database\.pool\.max/,
  },
  {
    title: 'a name that no Service can have',
    spec: {},
    name: '4you',
    says: /metadata\.name: lower-case letters/,
  },
  {
    title: 'a name too long for its children',
    spec: {},
    name: 'a'.repeat(41),
    says: /metadata\.name: at most 40 characters/,
  },
  {
    title: 'a peer that names nobody',
    spec: { networkPolicy: { ingressFrom: [{}] } },
    says: /spec\.networkPolicy\.ingressFrom\[0\]: .*name a namespaceSelector, a podSelector or an ipBlock/,
  },
  {
    title: 'a block of addresses that is none',
    spec: { networkPolicy: { extraEgress: [{ to: [{ ipBlock: { cidr: '10.0.0.1' } }] }] } },
    says: /ipBlock\.cidr: .*"10\.0\.0\.1" is no block of addresses; write 10\.0\.0\.0\/8/,
  },
  {
    title: 'pods and addresses in one peer',
    spec: { networkPolicy: { monitoringFrom: [{ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }] } },
    says: /spec\.networkPolicy\.monitoringFrom\[0\]: .*ipBlock stands alone/,
  },
  {
    title: 'an ingress without a host',
    spec: { ingress: { enabled: true, http: { hosts: [] } } },
    says: /spec\.ingress: .*ingress\.http\.hosts must name at least one host .*registry\.example\.com/,
  },
  {
    title: 'tokens of nobody',
    spec: { auth: { mode: 'JWT' } },
    says: /spec\.auth: .*auth\.jwt is needed with the modes JWT and Any/,
  },
  {
    title: 'tokens beside API keys alone',
    spec: { auth: { mode: 'ApiKey', jwt: { secretRef: { name: 'jwt' } } } },
    says: /spec\.auth: .*auth\.jwt is needed with the modes JWT and Any, and goes with no other/,
  },
  {
    title: 'API keys that nobody asks for',
    spec: { auth: { apiKeys: { secretRef: { name: 'keys' } } } },
    says: /spec\.auth: .*auth\.apiKeys and auth\.apiKeyHeader go with the modes ApiKey and Any/,
  },
  {
    title: 'API keys in the header of tokens',
    spec: { auth: { mode: 'ApiKey', apiKeyHeader: 'Authorization' } },
    says: /spec\.auth\.apiKeyHeader: .*"Authorization" is not the name of a header that is free; write X-API-Key/,
  },
  {
    title: 'a secret and a URL for tokens',
    spec: {
      auth: {
        mode: 'JWT',
        jwt: { secretRef: { name: 'jwt' }, jwksUrl: 'https://a.b/keys', issuer: 'i', audience: 'a' },
      },
    },
    says: /spec\.auth\.jwt: .*set one of jwt\.secretRef and jwt\.jwksUrl/,
  },
  {
    title: 'tokens for anybody',
    spec: { auth: { mode: 'JWT', jwt: { jwksUrl: 'https://a.b/keys', issuer: 'i' } } },
    says: /spec\.auth\.jwt: .*jwt\.jwksUrl needs jwt\.issuer and jwt\.audience/,
  },
  {
    title: 'a URL of keys that is none',
    spec: { auth: { mode: 'JWT', jwt: { jwksUrl: 'login.example.com', issuer: 'i', audience: 'a' } } },
    says: /spec\.auth\.jwt\.jwksUrl: .*"login\.example\.com" is not a URL; write https:\/\/login/,
  },
  ...['https://a.example.com', 'a.*.example.com', '*', 'a*.example.com', 'A.example.com'].map((host) => ({
    title: `the host ${host}`,
    spec: { ingress: { enabled: true, http: { hosts: ['registry.example.com', host] } } },
    says: /spec\.ingress\.http\.hosts\[1\]: .*" is not the name of a host; write registry\.example\.com/,
  })),
  {
    title: 'a host twice',
    spec: { ingress: { enabled: true, http: { hosts: ['a.example.com', 'a.example.com'] } } },
    says: /spec\.ingress\.http\.hosts: duplicate entries/,
  },
  {
    title: 'a host for both protocols',
    spec: {
      ingress: {
        enabled: true,
        http: { hosts: ['a.example.com'] },
        grpc: { hosts: ['b.example.com', 'a.example.com'] },
      },
    },
    says: /spec\.ingress: .*ingress\.grpc\.hosts must not name a host of ingress\.http\.hosts.*registry-grpc\.example\.com/,
  },
  {
    title: 'a host for gRPC that is none',
    spec: { ingress: { enabled: true, http: { hosts: ['a.example.com'] }, grpc: { hosts: ['b:443'] } } },
    says: /spec\.ingress\.grpc\.hosts\[0\]: .*"b:443" is not the name of a host/,
  },
  {
    title: 'two issuers',
    spec: { ingress: { certManager: { issuer: 'a', clusterIssuer: 'b' } } },
    says: /spec\.ingress\.certManager: .*name one of issuer and clusterIssuer/,
  },
  ...['cacheTtl', 'shutdownTimeout'].map((field) => ({
    title: `a ${field} that is no time`,
    spec: { config: { [field]: '5 minutes' } },
    says: new RegExp(`spec\\.config\\.${field}: .*"5 minutes" is not a time; write (30m|30s)`),
  })),
  ...['app.example.com', 'https://app.example.com/', 'https://a.*.example.com'].map((origin) => ({
    title: `pages of ${origin}`,
    spec: { config: { cors: { origins: ['https://app.example.com', origin] } } },
    says: /spec\.config\.cors\.origins\[1\]: .*" is not an origin; write https:\/\/app\.example\.com/,
  })),
  {
    title: 'a wait for connections that is no time',
    spec: { database: { pool: { acquireTimeout: 'long' } } },
    says: /spec\.database\.pool\.acquireTimeout: .*"long" is not a time; write 30s/,
  },
  {
    title: 'a memory of Redis that is none',
    spec: { cache: { managed: { maxMemory: 'all' } } },
    says: /spec\.cache\.managed\.maxMemory: .*"all" is not a size; write 1Gi/,
  },
  {
    title: 'a port beside sentinels',
    spec: {
      cache: { external: { port: 6379, sentinel: { masterName: 'cache', nodes: [{ host: 'one' }] } } },
    },
    says: /spec\.cache\.external: .*beside sentinel there is no port/,
  },
  {
    title: 'certificates by an issuer that is not named',
    spec: { tls: { mode: 'CertManager' } },
    says: /spec\.tls: .*tls\.issuerRef is needed with mode CertManager/,
  },
  {
    title: 'certificates from a Secret that is not named',
    spec: { tls: { mode: 'Secret' } },
    says: /spec\.tls: .*tls\.secretRef is needed with mode Secret/,
  },
  {
    title: 'an interval that is no time',
    spec: { monitoring: { serviceMonitor: { interval: 'often' } } },
    says: /spec\.monitoring\.serviceMonitor\.interval: .*"often" is not a time; write 30s/,
  },
  {
    title: 'a rule for traffic that names nothing',
    spec: { networkPolicy: { extraEgress: [{}] } },
    says: /spec\.networkPolicy\.extraEgress\[0\]: .*name to, ports or both/,
  },
  {
    title: 'a range of ports upside down',
    spec: { networkPolicy: { extraEgress: [{ ports: [{ port: 90, endPort: 80 }] }] } },
    says: /extraEgress\[0\]\.ports\[0\]: .*endPort must not be below port/,
  },
  {
    title: 'an exception that is no block of addresses',
    spec: { networkPolicy: { ingressFrom: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1'] } }] } },
    says: /ipBlock\.except\[0\]: .*"10\.1" is no block of addresses/,
  },
  {
    title: 'passwords that are replaced now and then',
    spec: { credentials: { rotationPeriod: 'now and then' } },
    says: /spec\.credentials\.rotationPeriod: .*"now and then" is not a time; write 90d/,
  },
  { title: 'a digest that is none', spec: { image: { digest: 'sha256:abc' } }, says: /spec\.image\.digest/ },
];

/** Refused of an object that is there. */
const refusedChanges: readonly { title: string; from: Spec; to: Spec; says: RegExp }[] = [
  {
    title: 'another kind of database',
    from: {},
    to: { database: { external: { host: 'db', credentialsSecretRef: { name: 'db' } } } },
    says: /spec: .*the kind \(managed, external or cnpg\) cannot be changed/,
  },
  {
    title: 'a database that shall fail over',
    from: {},
    to: { database: { cnpg: { instances: 3 } } },
    says: /spec: .*the kind \(managed, external or cnpg\) cannot be changed/,
  },
  {
    title: 'another Cluster',
    from: { database: { cnpg: { clusterRef: { name: 'pg' } } } },
    to: { database: { cnpg: { clusterRef: { name: 'other' } } } },
    says: /spec\.database\.cnpg: .*database\.cnpg\.clusterRef cannot be changed, because the schemas would stay behind/,
  },
  {
    title: 'a Cluster of its own in the place of one that is there',
    from: { database: { cnpg: { clusterRef: { name: 'pg' } } } },
    to: { database: { cnpg: { instances: 3 } } },
    says: /spec\.database\.cnpg: .*database\.cnpg\.clusterRef cannot be changed/,
  },
  {
    title: 'another database of a Cluster',
    from: { database: { cnpg: { clusterRef: { name: 'pg' }, database: 'one' } } },
    to: { database: { cnpg: { clusterRef: { name: 'pg' }, database: 'two' } } },
    says: /spec\.database\.cnpg: .*database\.cnpg\.database cannot be changed/,
  },
  {
    title: 'a smaller volume of a Cluster',
    from: { database: { cnpg: { storage: { size: '20Gi' } } } },
    to: { database: { cnpg: { storage: { size: '10Gi' } } } },
    says: /spec\.database\.cnpg: .*storage\.size cannot be less than before/,
  },
  {
    title: 'another class for the volumes of a Cluster',
    from: { database: { cnpg: { storage: { storageClassName: 'fast' } } } },
    to: { database: { cnpg: { storage: { storageClassName: 'slow' } } } },
    says: /spec\.database\.cnpg: .*storageClassName cannot be changed/,
  },
];

const accepted: readonly { title: string; spec: Spec }[] = [
  { title: 'an empty spec', spec: {} },
  { title: 'a Cluster of its own that says nothing', spec: { database: { cnpg: {} } } },
  {
    title: 'a Cluster that is there, with a user of its own',
    spec: {
      database: {
        cnpg: { clusterRef: { name: 'pg' }, database: 'schemas', credentialsSecretRef: { name: 'db' } },
      },
    },
  },
  { title: 'one replica', spec: { replicas: 1, autoscaling: { enabled: false } } },
  {
    title: 'a budget of all replicas when it is off',
    spec: { podDisruptionBudget: { enabled: false, minAvailable: 3 } },
  },
  {
    title: 'origins of all forms',
    spec: {
      config: { cors: { origins: ['*', 'https://*.example.com', 'http://localhost:3000', 'http://[::1]'] } },
    },
  },
  { title: 'times', spec: { config: { requestTimeout: '1m' } } },
  {
    title: 'a volume for Redis',
    spec: { cache: { managed: { storage: { size: '1Gi', storageClassName: 'fast' } } } },
  },
  {
    title: 'sizes and amounts as numbers',
    spec: { config: { maxSchemaSize: 1_048_576 }, resources: { requests: { cpu: 1, memory: 2 ** 30 } } },
  },
  {
    title: 'sizes and amounts in any spelling of Kubernetes',
    spec: {
      config: { maxSchemaSize: '1e6' },
      database: {
        managed: { storage: { size: '1.5T' }, resources: { requests: { cpu: '0.1', memory: '1e9' } } },
      },
      cache: {
        managed: { storage: { size: '10E' }, maxMemory: '0.5Gi', resources: { limits: { cpu: '.5' } } },
      },
      resources: { limits: { cpu: '2000000u', memory: '1Pi' } },
    },
  },
  {
    title: 'peers of all kinds',
    spec: {
      networkPolicy: {
        ingressFrom: [
          { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress-nginx' } } },
          { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } },
        ],
        monitoringFrom: [{ ipBlock: { cidr: '10.2.0.0/16', except: ['10.2.3.0/24'] } }],
        extraEgress: [
          { ports: [{ port: 443 }] },
          { to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8'] } }] },
        ],
      },
    },
  },
  {
    title: 'an ingress with a wildcard and an issuer',
    spec: {
      ingress: {
        enabled: true,
        http: { hosts: ['registry.example.com', '*.registry.example.com'] },
        grpc: { hosts: ['registry-grpc.example.com'] },
        certManager: { clusterIssuer: 'letsencrypt-prod' },
      },
    },
  },
  {
    title: 'sentinels without a host',
    spec: { cache: { external: { sentinel: { masterName: 'cache', nodes: [{ host: 'one' }] } } } },
  },
  { title: 'an interval', spec: { monitoring: { serviceMonitor: { interval: '15s' } } } },
  {
    title: 'a range of ports',
    spec: { networkPolicy: { extraEgress: [{ ports: [{ port: 80, endPort: 90 }] }] } },
  },
  { title: 'a digest', spec: { image: { digest: `sha256:${'a'.repeat(64)}` } } },
  { title: 'a cache that is disabled', spec: { cache: { disabled: true } } },
];

/** The condition's reason, and how the warning of the same begins. */
const wordsOf: Readonly<Record<string, string>> = {
  NoAuthentication: 'there is no authentication',
  NoTlsFromOutside: 'connections of clients outside the cluster are not encrypted',
  NoTls: 'there is no TLS inside the cluster',
};

const keys: Spec = { auth: { mode: 'ApiKey' } };
const http = { hosts: ['a.example.com'] };
const grpc = { hosts: ['b.example.com'] };
const httpWithTls = { ...http, tlsSecretName: 'web' };
const grpcWithTls = { ...grpc, tlsSecretName: 'web' };
/** Closed here and open there. */
const halfOpen: readonly Spec[] = [
  keys,
  { tls: { mode: 'Operator' } },
  { ...keys, tls: { mode: 'Disabled' } },
  { auth: { mode: 'Disabled' }, tls: { mode: 'Operator' } },
  { ingress: { enabled: false, http } },
  { ingress: { enabled: true, http: httpWithTls, grpc } },
  { ingress: { enabled: true, http: httpWithTls, grpc: grpcWithTls } },
  { ingress: { enabled: true, http, grpc: grpcWithTls } },
  { ...keys, ingress: { enabled: true, http, certManager: { issuer: 'one' } } },
  { gateway: { parentRefs: [{ name: 'public' }], hostnames: ['a.example.com'], tls: true } },
  { ...keys, service: { type: 'LoadBalancer' } },
  { ...keys, service: { type: 'NodePort' }, tls: { mode: 'Operator' } },
];

describe('a SchemaRegistry at the API server', function () {
  this.timeout(120_000);
  let server: Awaited<ReturnType<typeof openApiServer>>;
  before(async function () {
    this.timeout(30 * 60_000); // The first build of the binaries.
    server = await openApiServer();
  });
  after(() => server?.close());

  const create = (spec: unknown, name = 'sample') =>
    server.cluster.apply(
      { ...aSchemaRegistry(spec as Spec, name), metadata: { name, namespace: 'default' } },
      { isDryRun: true },
    );
  const refusal = async (spec: unknown, name?: string): Promise<string> => {
    try {
      await create(spec, name);
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  const refusals: string[] = [];

  for (const { title, spec, name, says } of refused) {
    it(`is refused with ${title}`, async () => {
      const words = await refusal(spec, name);
      refusals.push(words);
      expect(words).to.match(says);
    });
  }

  for (const [index, { title, from, to, says }] of refusedChanges.entries()) {
    it(`is refused with ${title} than before`, async () => {
      const name = `change-${index}`;
      await server.cluster.apply(aRegistryNamed(name, from));
      const words = await refusal(to, name);
      refusals.push(words);
      expect(words).to.match(says);
    });
  }

  for (const { title, spec } of accepted) {
    it(`is taken with ${title}`, async () => {
      await create(spec);
    });
  }

  it('has every rule of the CRD among what was refused above, and among what is taken', () => {
    const specs = [...accepted.map(({ spec }) => spec), ...Object.values(switches)];
    const rules = rulesOf(crd.spec.versions[0].schema.openAPIV3Schema, []);
    expect(rules.length).to.be.above(30);
    const untried = rules.flatMap(({ path, says }) => [
      ...(refusals.some((words) => words.includes(says)) ? [] : [`refused by no case: ${says}`]),
      ...(path[0] !== 'spec' || specs.some((spec) => holds({ spec }, path))
        ? []
        : [`in no case that is taken: ${path.join('.')}`]),
    ]);
    expect([...new Set(untried)]).to.deep.equal([]);
  });

  it('is taken with a warning of each thing that its spec leaves open, and of nothing else', async () => {
    for (const document of parseAllDocuments(readFileSync(admission, 'utf8')))
      await server.cluster.apply(document.toJS() as KubeObject);
    await until('the warnings are there', async () => (await warningsOf({})).length === 2, 60_000);
    const specs = [...Object.values(switches), ...accepted.map(({ spec }) => spec), ...halfOpen];
    for (const spec of specs) {
      const open = exposures(aRegistry(spec)).map(({ reason }) => wordsOf[reason]);
      const told = (await warningsOf(spec)).map(
        (words) => /(\w[\w ]+\w): /.exec(words.split("': ")[1] ?? '')?.[1],
      );
      expect(told, JSON.stringify(spec)).to.deep.equal(open);
    }
    const closed: Spec = { auth: { mode: 'ApiKey' }, tls: { mode: 'Operator' } };
    expect(await warningsOf(closed)).to.deep.equal([]);
  });

  it('is carried out or refused in words, whatever of it the API server takes', async () => {
    const random = seeded(Number(process.env.TEST_SEED ?? 7));
    const seeds = [...Object.values(switches), ...accepted.map(({ spec }) => spec), ...halfOpen];
    const rounds = roundsOr(200);
    let taken = 0;
    for (let round = 0; round < rounds; round++) {
      const spec = mangled(random, specSchema, pick(random, seeds)) as Spec;
      if (!(await isTaken(spec))) continue;
      taken += 1;
      const told = `TEST_SEED=${random.seed}, round ${round}: ${JSON.stringify(spec)}`;
      try {
        const registry = aRegistry(spec);
        mustBeWithinPolicy(registry, spec);
        const observed = anObserved({ namedSecrets: secretsNamedBy(spec), certificates: someCertificates });
        const children = desired(registry, observed);
        status(registry, { ...observed, children }, {}, undefined);
      } catch (error) {
        if (!(error instanceof BadSpec)) throw new Error(told, { cause: error });
        expect(error.message, told)
          .to.match(/^spec[.:]/)
          .and.not.include('[object Object]');
      }
    }
    expect(taken, 'so many must be taken, or the test says nothing').to.be.above(rounds / 10);
  });

  const isTaken = (spec: Spec) =>
    create(spec).then(
      () => true,
      (error: unknown) => {
        if (isRefused(error)) return false;
        throw error;
      },
    );

  it('says in kubectl explain what every field means, its unit and its default', async () => {
    const path = '/openapi/v3/apis/llm-schema-registry.io/v1alpha1';
    const document = (await until('the API server describes it', () =>
      server.cluster.request('GET', path),
    )) as {
      components: { schemas: Record<string, { properties?: Record<string, unknown> }> };
    };
    const schema = document.components.schemas['io.llm-schema-registry.v1alpha1.SchemaRegistry'];
    const silent: string[] = [];
    const walk = (node: unknown, path: string) => {
      const {
        description,
        properties = {},
        items,
      } = node as { description?: string; properties?: object; items?: unknown };
      if (description === undefined && !path.endsWith('[]')) silent.push(path);
      for (const [name, property] of Object.entries(properties)) walk(property, `${path}.${name}`);
      if (items !== undefined) walk(items, `${path}[]`);
    };
    for (const part of ['spec', 'status']) walk(schema?.properties?.[part], part);
    expect(silent).to.deep.equal([]);
  });
});

const specSchema = () => crd.spec.versions[0].schema.openAPIV3Schema.properties.spec;

/** The spec with one of its fields, or a new one, as the schema has it at first sight: patterns and rules are left to the API server. */
function mangled(random: Random, schema: () => unknown, spec: unknown): unknown {
  const fields = (schema() as { properties?: Record<string, object> }).properties;
  const open = (schema() as Record<string, unknown>)['x-kubernetes-preserve-unknown-fields'] === true;
  if (open) return anyTree(random, 4);
  if (fields === undefined || chance(random, 6)) return fromSchema(random, schema() as never);
  const name = pick(random, Object.keys(fields));
  const inner = mangled(random, () => fields[name], isFields(spec) ? spec[name] : undefined);
  return { ...(isFields(spec) ? spec : {}), [name]: inner };
}

/** Of fields that only Kubernetes knows: their names, with whatever in them. */
function anyTree(random: Random, depth: number): unknown {
  const leaves = [
    null,
    true,
    0,
    -1,
    1.5,
    '',
    'a',
    'server',
    '__proto__',
    'a'.repeat(300),
    [],
    {},
    [null],
    [[]],
  ];
  if (depth === 0 || chance(random, 3)) return pick(random, leaves);
  const names = [
    ...[
      'containers',
      'initContainers',
      'volumes',
      'volumeMounts',
      'env',
      'name',
      'valueFrom',
      'secretKeyRef',
    ],
    ...[
      'securityContext',
      'affinity',
      'tolerations',
      'nodeSelector',
      'imagePullSecrets',
      'serviceAccountName',
    ],
    ...['projected', 'sources', 'secret', 'secretName', 'configMap', 'ports', 'livenessProbe', 'constructor'],
    ...['topologySpreadConstraints', 'dnsConfig', 'image', 'command', 'mountPath', 'toString', 'ephemeral'],
  ];
  const some = Array.from({ length: 1 + random.below(3) }, () => anyTree(random, depth - 1));
  if (chance(random, 2)) return some;
  return Object.fromEntries(some.map((value) => [pick(random, names), value]));
}

/** With every key that a Secret may be asked for, so that what comes after them is reached. */
function secretsNamedBy(spec: unknown): readonly KubeObject[] {
  const names = new Set([...JSON.stringify(spec).matchAll(/"name":"([^"]*)"/g)].map(([, name = '']) => name));
  const keys = ['username', 'password', 'ca.crt', 'tls.crt', 'tls.key', 'accessKeyId', 'secretAccessKey'];
  const data = Object.fromEntries(keys.map((key) => [key, 'x']));
  const list = `- {name: team-a, role: writer, key: ${'k'.repeat(32)}}`;
  return [...names].map((name) => aSecret(name, { ...data, 'keys.yaml': list, secret: 's'.repeat(32) }));
}

/** What the API server says beside taking it, as kubectl shows it. */
async function warningsOf(spec: Spec): Promise<readonly string[]> {
  const config = openKubeConfig();
  const options = { method: 'POST', headers: { 'content-type': 'application/json' } };
  await config.applyToHTTPSOptions(options);
  const path = '/apis/llm-schema-registry.io/v1alpha1/namespaces/default/schemaregistries?dryRun=All';
  const { answer, body } = await new Promise<{ answer: IncomingMessage; body: string }>((resolve, reject) => {
    request(new URL(path, config.getCurrentCluster()?.server), options, (answer) => {
      text(answer).then((body) => resolve({ answer, body }), reject);
    })
      .on('error', reject)
      .end(JSON.stringify(aRegistryNamed('warned', spec)));
  });
  expect(answer.statusCode, body).to.equal(201);
  // 299 - "words"; a quote within them has a backslash before it.
  const { warning = '' } = answer.headers as { warning?: string };
  return [...warning.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, words = '']) => words);
}

const admission = new URL('../../config/admission/exposed.yaml', import.meta.url);
const crd = parse(readFileSync(new URL('../../crds/schema-registry.yaml', import.meta.url), 'utf8'));

interface Rule {
  /** `[]` is any item. */
  readonly path: readonly string[];
  /** What it says when it refuses, the value left out. */
  readonly says: string;
}

function rulesOf(schema: unknown, path: readonly string[]): readonly Rule[] {
  if (!isFields(schema)) return [];
  const { properties = {}, items, 'x-kubernetes-validations': validations = [] } = schema;
  const own = (validations as { message?: string; messageExpression?: string }[]).map(
    ({ message, messageExpression = '' }) => ({
      path,
      says:
        message ?? /\+ '" (.*)'$/.exec(messageExpression.replaceAll('\\"', '"'))?.[1] ?? messageExpression,
    }),
  );
  return [
    ...own,
    ...Object.entries(properties as object).flatMap(([name, inner]) => rulesOf(inner, [...path, name])),
    ...(items === undefined ? [] : rulesOf(items, [...path, '[]'])),
  ];
}

function holds(value: unknown, [field, ...rest]: readonly string[]): boolean {
  if (field === undefined) return value !== undefined;
  if (field === '[]') return Array.isArray(value) && value.some((item) => holds(item, rest));
  return isFields(value) && holds(value[field], rest);
}
