import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { run } from '../../hack/cluster/run.ts';
import { eventually } from '../build/eventually.ts';
import { type Engine, openEngine } from './engine.ts';

const root = join(import.meta.dirname, '..', '..');
const { services } = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
  services: Record<string, { image: string; profiles?: string[] }>;
};

const page = readFileSync(join(root, 'docs/compose.md'), 'utf8');

/** `npm run test:compose`: what docker-compose.yml starts, as a user starts it. */
describe('docker compose up', function () {
  this.timeout(15 * 60_000); // Images may have to be pulled, or made.
  let engine: Engine;

  /** What can be run of the services: Grafana and Jaeger are only where images can be pulled. */
  const wanted = (isMonitored: boolean) =>
    Object.entries(services)
      .filter(([, { image, profiles }]) => engine.hasImage(image) && (isMonitored || profiles === undefined))
      .map(([name]) => name);
  const ask = async <T>(port: string, path: string, body?: object): Promise<T> => {
    const response = await fetch(`http://127.0.0.1:${engine.ports[port]}${path}`, {
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      headers: { 'content-type': 'application/json' },
    });
    expect(response.status, path).to.equal(200);
    return (await response.json()) as T;
  };
  const allAre = (isMonitored: boolean) =>
    eventually(async () => {
      const states = await engine.states();
      const unfit = wanted(isMonitored).filter(
        (name) => states[name] !== (name === 's3-bucket' ? 'exited 0' : 'healthy'),
      );
      expect(unfit.map((name) => `${name}: ${states[name]}`)).to.deep.equal([]);
    }, 120_000);

  before(async () => {
    engine = await openEngine(Object.values(services).map(({ image }) => image));
  });
  after(() => engine?.close());

  it('refuses without passwords, and says what to run', async () => {
    const words = await engine.compose('up', '-d', '--wait').then(
      () => 'it started',
      (error: Error) => error.message,
    );
    expect(words).to.contain('run "npm run compose:env", which writes it into .env');
    expect(await engine.states()).to.deep.equal({});
  });

  it('has everything healthy, and takes a schema', async () => {
    await run(process.execPath, [join(engine.folder, 'hack', 'compose', 'main.ts')]);
    await engine.compose('up', '-d', '--wait');
    await allAre(false);
    const schema = { schemaType: 'JSON', schema: '{"type":"object"}' };
    expect(await ask('HTTP_PORT', '/subjects/answer/versions', schema)).to.include({ id: 1, version: 1 });
    await eventually(async () => {
      const { status, checks } = await ask<{ status: string; checks: Record<string, { status: string }> }>(
        'METRICS_PORT',
        '/ready',
      );
      expect(status).to.equal('up');
      for (const part of ['database', 'cache', 'archive']) expect(checks[part]?.status, part).to.equal('up');
      expect(checks.archive).to.include({ pending: 0 });
    }, 30_000);
  });

  it('gives the roles of the database no more than they need', async () => {
    const sql =
      'SELECT rolname, rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolcanlogin ORDER BY 1';
    const said = await engine.compose(
      'exec',
      '-T',
      'postgres',
      'psql',
      '-U',
      'postgres',
      '-Atc',
      sql,
      'registry',
    );
    expect(said.trim().split('\n')).to.deep.equal(['monitor|f|f|f', 'postgres|t|t|t', 'registry|f|f|f']);
  });

  it('is backed up by the command of docs/compose.md', async () => {
    const [, command = ''] = /`docker compose (exec -T postgres pg_dump [^`>]*) > /.exec(page) ?? [];
    expect((await engine.compose(...command.split(' '))).startsWith('PGDMP')).to.equal(true);
  });

  it('keeps what it was given when it is taken down and started again', async () => {
    await engine.compose('down');
    expect(await engine.states()).to.deep.equal({});
    await engine.compose('up', '-d', '--wait');
    await allAre(false);
    expect(await ask('HTTP_PORT', '/subjects/answer/versions/latest')).to.include({ id: 1, version: 1 });
  });

  it('has Prometheus see everything that runs', async () => {
    // As they are, but without the minutes that a person would wait for.
    const alerts = join(engine.folder, 'config/compose/prometheus/alerts.yaml');
    writeFileSync(alerts, readFileSync(alerts, 'utf8').replaceAll(/for: \d+m$/gm, 'for: 1s'));
    await run(process.execPath, [join(engine.folder, 'hack', 'compose', 'main.ts'), '--monitoring']);
    await engine.compose('up', '-d', '--wait', ...wanted(true));
    await allAre(true);
    await eventually(async () => {
      const { data } = await ask<{ data: { activeTargets: { labels: { job: string }; health: string }[] } }>(
        'PROMETHEUS_PORT',
        '/api/v1/targets',
      );
      const jobs = data.activeTargets.map(({ labels, health }) => `${labels.job} ${health}`);
      const away = ['grafana', 'jaeger'].filter((name) => !wanted(true).includes(name));
      expect(jobs.filter((job) => !job.endsWith(' up')).map((job) => job.split(' ')[0])).to.have.members(
        away,
      );
      expect(jobs).to.include.members(['schema-registry up', 'postgres up', 'redis up', 'alertmanager up']);
    }, 60_000);
    for (const metric of ['pg_up', 'redis_up', 'schema_registry_build_info']) {
      const { data } = await ask<{ data: { result: { value: [number, string] }[] } }>(
        'PROMETHEUS_PORT',
        `/api/v1/query?query=${metric}`,
      );
      expect(
        data.result.map(({ value }) => value[1]),
        metric,
      ).to.deep.equal(['1']);
    }
  });

  it('has Prometheus answer every question of the dashboards, most of them with data', async () => {
    const folder = join(engine.folder, 'config/compose/grafana/dashboards');
    const questions = readdirSync(folder).flatMap((file) => {
      const { panels } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
        panels: { targets?: { expr: string }[] }[];
      };
      return panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    });
    expect(questions).to.have.length.above(10);
    await eventually(async () => {
      let withData = 0;
      for (const question of questions) {
        const query = encodeURIComponent(
          question.replaceAll('$__rate_interval', '1m').replaceAll('$__range', '1m'),
        );
        const { status, data } = await ask<{ status: string; data: { result: unknown[] } }>(
          'PROMETHEUS_PORT',
          `/api/v1/query?query=${query}`,
        );
        expect(status, question).to.equal('success');
        withData += data.result.length > 0 ? 1 : 0;
      }
      // What nobody has done yet, such as a check of compatibility, has no series.
      expect(withData / questions.length).to.be.above(0.5);
    }, 60_000);
  });

  it('shows an alert in Alertmanager when the server is away', async () => {
    await engine.compose('stop', 'server');
    await eventually(async () => {
      const alerts = await ask<{ labels: Record<string, string> }[]>('ALERTMANAGER_PORT', '/api/v2/alerts');
      expect(alerts.map(({ labels }) => labels.alertname)).to.include('SchemaRegistryDown');
    }, 120_000);
  });
});
