import type { Command } from '../build/pages.ts';

/** How it is known that a command of a page works. */
export type Trial =
  /**
   * Typed by a test, where it says: on a `registry` on loopback with curl, on one with grpcurl (`grpc`), on a real `api-server` with kubectl
   * and Helm but without nodes, or on a `node` with pods. What changes objects there is a dry run of the API server's.
   */
  | { readonly in: Place }
  /** Another test does the same; the word is in its text. */
  | { readonly by: string; readonly word: string }
  /** Nobody can here, and why. */
  | { readonly not: string };

export type Place = 'registry' | 'grpc' | 'api-server' | 'node';

const workflow = (word: string): Trial => ({ by: '.github/workflows/ci.yml', word });
const compose = (word: string): Trial => ({ by: 'test/compose/compose.test.ts', word });

/** The first row that matches holds. A command that no row matches fails, and so does a row that matches nothing. */
export const trials: readonly (readonly [pattern: RegExp, trial: Trial])[] = [
  // The registry.
  [/^curl .*localhost:(8443|9229)|production-auth/, { in: 'node' }],
  [/^curl .*(\$URL|localhost:(8080|9091))/s, { in: 'registry' }],
  [/^npx node registry-server\/main\.ts --help$/, { in: 'registry' }],
  [/^tar -xzf registry-VERSION/, { by: 'test/command/binaries.test.ts', word: "'--strip-components=1'" }],
  [
    /^npm install -g llm-schema-registry-cli-VERSION\.tgz$/,
    { by: 'test/command/package.test.ts', word: "'install', '--no-audit'" },
  ],
  [/^registry login/, { by: 'test/registry-server/cli/connection.test.ts', word: "['login', '--url'" }],
  [/^registry copy /, { by: 'test/registry-server/cli/copy.test.ts', word: "['copy', '--from', source.url" }],
  [/^(registry |export SCHEMA_REGISTRY_URL=\$URL$|cat > (order\.avsc|registry\.yaml) )/, { in: 'registry' }],
  [/^source <\(registry completion/, { in: 'registry' }],
  [
    /^npm run (-s )?registry -- /,
    { by: 'package.json', word: '"registry": "node registry-server/cli/main.ts"' },
  ],
  [
    /^curl -H "X-API-Key: \$KEY" http:\/\/NAME\.NAMESPACE\.svc/,
    { by: 'test/cluster/authentication.test.ts', word: 'lets in the key that the operator made' },
  ],
  [
    /^curl --cacert .* https:\/\//,
    { by: 'test/cluster/encryption.test.ts', word: 'answers in HTTPS those who trust its authority' },
  ],
  [/^grpcurl .*localhost:9090/s, { in: 'grpc' }],
  [/^grpcurl registry-grpc\.example\.com/, { not: 'needs an ingress controller and a name in DNS' }],
  [/registry-server\/main\.ts serve$/, { by: 'test/build/registry-process.ts', word: "main, 'serve'" }],
  [
    /registry-server\/main\.ts archive (export|import)/,
    { by: 'test/registry-server/archive-file.test.ts', word: "'import', file" },
  ],
  [/registry-server\/main\.ts drill$/, { by: 'test/registry-server/drill.test.ts', word: "[main, 'drill'" }],
  [
    /registry-server\/main\.ts archive restore/,
    { by: 'test/registry-server/bring-back.test.ts', word: "archive('restore'" },
  ],
  [
    /registry-server\/main\.ts (archive snapshots|rebuild .*--at)/,
    { by: 'test/registry-server/snapshots.test.ts', word: "archive('snapshots'" },
  ],
  [
    /registry-server\/main\.ts (archive|rebuild)/,
    { by: 'test/registry-server/archive.test.ts', word: 'rebuild(' },
  ],
  [/^pip install grpcio/, { by: 'test/registry-server/clients/grpcio.test.ts', word: 'grpcio' }],
  [/^python -m grpc_tools/, { by: 'test/registry-server/clients/grpcio.test.ts', word: 'grpc' }],

  // Scripts of this checkout. That they are there is held by pages.test.ts.
  [/npm run server$/, { by: 'test/build/registry-process.ts', word: "main, 'serve'" }],
  [/^npm start|^npm ci && npm start$/, workflow('npm start')],
  [/^npm ci$|^npm ci && npm test$|^npm test$/, workflow('npm ci')],
  [/^npm run check$/, workflow('npm run check')],
  [/^npm run test:(programs|api-server|cluster)$/, { by: 'hack/test.ts', word: 'test:programs' }],
  [/npx mocha /, { by: 'package.json', word: '"test:programs": "mocha' }],
  [/^npm run test:clients$/, workflow('npm run test:clients')],
  [/^npm run test:command$/, workflow('npm run test:command')],
  [/^npm run test:docs$/, workflow('npm run test:docs')],
  [/^npm run test:cnpg$/, workflow('npm run test:cnpg')],
  [/^npm run test:releases$/, workflow('npm run test:releases')],
  [/^npm run test:compose$/, workflow('npm run test:compose')],
  [/^npm run test:openapi$/, { by: '.github/workflows/security.yml', word: 'npm run test:openapi' }],
  [/^npm run generate$/, { by: 'package.json', word: 'hack/generate.ts --check' }],
  [/^npm run golden$/, { by: 'test/operator/desired/golden.test.ts', word: 'UPDATE_GOLDEN' }],
  [/^npm run images$/, { by: 'test/build/running-cluster.ts', word: 'buildImages' }],
  [/^npm run (-s kubectl|cluster) -- /, { by: 'test/cluster/local-cluster.test.ts', word: 'up(' }],
  [/^npm run release/, { by: '.github/workflows/release.yml', word: 'npm run release' }],
  [
    /npm run bench/,
    { not: 'takes minutes to hours; the figures beside it are of the day that is said there' },
  ],

  [/^npm run docs:site$/, { by: '.github/workflows/site.yml', word: 'npm run docs:site' }],
  // Whoever works on this runs it.
  [
    /^npm run test:[a-z]+$/,
    { by: 'test/contract/pages.test.ts', word: 'the npm scripts that it names are there' },
  ],

  // Compose.
  [/npm run compose:env/, compose("'hack', 'compose', 'main.ts'")],
  [/^docker compose up --wait$/, compose("'up', '-d', '--wait'")],
  [/^docker compose exec -T postgres pg_dump/, compose('pg_dump')],
  [/^docker compose exec postgres psql/, compose('psql')],
  [/^docker compose down/, compose("engine.compose('down'")],
  [
    /^docker compose (logs|run)/,
    { not: 'shows logs, or the list of settings that --help has without it too' },
  ],
  [/^docker (run|build) /, { not: 'needs an engine that can pull images' }],
  [/^git clone/, { not: 'needs the network; this checkout is what it gives' }],

  // Kubernetes.
  [/ -w$/, { not: 'watches until it is ended' }],
  [/config\/chaos\//, { not: 'needs the CRDs of Chaos Mesh, and its daemon on the nodes' }],
  [
    /^kubectl logs (--previous|POD -c CONTAINER)$/,
    { not: 'names a flag; kubectl logs itself is tried on a node' },
  ],
  [/^kubectl logs .*--previous/, { not: 'needs a container that has ended, which no healthy pod has' }],
  [/^kubectl describe pod$/, { not: 'names a verb' }],
  [/kubeseal/, { not: 'kubeseal asks its controller in the cluster for the key' }],
  [
    /^kubectl (logs|exec|port-forward|top|debug|cp|attach|rollout|get --raw)\b|^kubectl .*[ /]POD\b/,
    { in: 'node' },
  ],
  [
    /^kubectl annotate .*accept-data-loss/,
    { by: 'test/cluster/lost-volume.test.ts', word: 'llm-schema-registry.io/accept-data-loss=' },
  ],
  [/^helm test/, { by: 'test/chart/life.test.ts', word: 'helm test asks the operator' }],
  [/^helm (push|install) .*(VERSION|oci:)/, { not: 'needs a published release, or a registry to push to' }],
  [/^helm /, { in: 'api-server' }],
  [/^(KEY=\$\()?kubectl /, { in: 'api-server' }],

  // Releases.
  [
    /^sha256sum --check SHA256SUMS$/,
    { by: 'test/release/release.test.ts', word: "run('sha256sum', ['--check'" },
  ],
  [/^cosign verify-blob/, { by: 'test/release/release.test.ts', word: "'verify-blob', '--key'" }],
  [/^skopeo copy|^ctr .*images import/, { not: 'needs a release, and a registry or a node to bring it to' }],
];

export function trialOf({ text }: Pick<Command, 'text'>): Trial | undefined {
  return trials.find(([pattern]) => pattern.test(text))?.[1];
}

export function isTriedIn(place: Place): (command: Command) => boolean {
  return (command) => {
    const trial = trialOf(command);
    return trial !== undefined && 'in' in trial && trial.in === place;
  };
}
