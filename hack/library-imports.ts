/**
 * `npm run check` asks here where the programs import each library: in the places below and nowhere else, so that another
 * library in its place is a change of those files alone. One that is new needs its line.
 */
import { globSync, readFileSync } from 'node:fs';

/** Files and folders by library. */
export const placesOf: Readonly<Record<string, readonly string[]>> = {
  '@aws-sdk/client-s3': ['registry-server/store/s3.ts'],
  '@dot-i/k8s-operator': ['operator/registry-operator.ts'],
  '@electric-sql/pglite': ['registry-server/store/embedded.ts'],
  '@grpc/grpc-js': ['registry-server/grpc/'],
  '@grpc/proto-loader': ['registry-server/grpc/'],
  '@grpc/reflection': ['registry-server/grpc/server.ts'],
  '@koa/router': ['registry-server/app.ts', 'registry-server/routes/add-routes.ts'],
  '@kubernetes/client-node': ['operator/kube/'],
  '@opentelemetry/api': ['registry-server/tracing/open-telemetry.ts'],
  '@opentelemetry/core': ['registry-server/tracing/open-telemetry.ts'],
  '@opentelemetry/exporter-trace-otlp-http': ['registry-server/tracing/open-telemetry.ts'],
  '@opentelemetry/resources': ['registry-server/tracing/open-telemetry.ts'],
  '@opentelemetry/sdk-trace': ['registry-server/tracing/open-telemetry.ts'],
  '@peculiar/x509': ['operator/authority.ts'],
  commander: ['registry-server/cli/program.ts'],
  'grpc-health-check': ['registry-server/grpc/server.ts'],
  ioredis: ['registry-server/store/redis.ts'],
  jose: ['registry-server/authentication/tokens.ts'],
  // What is in Koa is written for it.
  koa: [
    'registry-server/app.ts',
    'registry-server/before-koa/',
    'registry-server/middleware/',
    'registry-server/routes/route.ts',
  ],
  // It is a Map with a limit, and as general as one.
  'lru-cache': ['registry-server/'],
  pg: ['registry-server/store/postgres.ts'],
  pino: ['operator/log.ts', 'registry-server/log.ts'],
  'prom-client': ['operator/metrics.ts', 'registry-server/metrics/'],
  'raw-body': ['registry-server/middleware/read-body.ts'],
  'reflect-metadata': ['operator/authority.ts'],
  semver: ['operator/version.ts', 'registry-server/store/migrate.ts'],
  undici: ['operator/kube/'],
  yaml: [
    'operator/desired/auth-secrets.ts',
    'registry-server/authentication/api-keys.ts',
    'registry-server/cli/yaml.ts',
  ],
};

// As the formatter leaves them: in single quotes. Own files begin with a dot, what Node.js has with node:.
const imported = /\b(?:from|import)\s*\(?\s*'(?!node:)(@?[a-z][\w@./-]*)'/g;

/** What is wrong in a file: a library that it may not import, in words. */
export function faultsIn(path: string, text: string): readonly string[] {
  const libraries = [...text.matchAll(imported)].map(([, name = '']) => libraryOf(name));
  return [...new Set(libraries)].flatMap((library) => {
    const places = placesOf[library];
    if (places === undefined) return [`${path}: ${library} has no line in hack/library-imports.ts yet`];
    if (places.some((place) => path === place || (place.endsWith('/') && path.startsWith(place)))) return [];
    return [`${path}: ${library} is imported in ${places.join(' and ')} alone`];
  });
}

/** `ioredis/built/…` is of ioredis, `@aws-sdk/client-s3/…` of @aws-sdk/client-s3. */
function libraryOf(name: string): string {
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
}

if (import.meta.main) {
  const files = globSync(['operator/**/*.ts', 'registry-server/**/*.ts']);
  const faults = files.flatMap((path) => faultsIn(path, readFileSync(path, 'utf8')));
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
}
