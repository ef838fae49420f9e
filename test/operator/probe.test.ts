import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { expect } from 'chai';
import { Cluster } from '../../operator/kube/cluster.ts';
import type { V1Pod } from '../../operator/kube/kubernetes.ts';
import { openMetrics } from '../../operator/metrics.ts';
import { openProbe } from '../../operator/probe.ts';
import { aRegistry } from '../build/registry.ts';

interface Said {
  readonly status?: number;
  readonly body: unknown;
}

const api = '/api/v1/namespaces/team-a/services/http:sample:http/proxy';
const metrics = '/api/v1/namespaces/team-a/services/http:sample-metrics:metrics/proxy';
const podApi = '/api/v1/namespaces/team-a/pods/http:sample-1:8080/proxy';
const podMetrics = '/api/v1/namespaces/team-a/pods/http:sample-1:9091/proxy';
const types = { body: ['JSON'] };
const pod = { metadata: { name: 'sample-1', namespace: 'team-a' } } as V1Pod;
const whole = {
  status: 'up',
  version: '1.2.3',
  checks: {
    database: { kind: 'postgres', status: 'up', version: '17.2', migration: 3 },
    cache: { status: 'up' },
  },
};

describe('what a registry answers its operator, through a pretended API server', () => {
  let server: Server;
  let handle: RequestListener;
  const probe = () => {
    const config = new KubeConfig();
    const { port } = server.address() as AddressInfo;
    config.loadFromClusterAndUser(
      { name: 'test', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
      { name: 'test' },
    );
    return openProbe(new Cluster(config, openMetrics('test')), true);
  };
  const says = (answers: Readonly<Record<string, Said>>) => {
    handle = ({ url = '' }, response) => {
      const { status = 200, body } = answers[url] ?? {
        status: 404,
        body: { kind: 'Status', reason: 'NotFound', message: 'no such service' },
      };
      response.writeHead(status, { 'Content-Type': 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
  };
  before((done) => {
    server = createServer((request, response) => handle(request, response)).listen(0, '127.0.0.1', done);
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  it('is read from the port of the metrics, for the API tells no more than a status', async () => {
    says({
      [`${api}/ready`]: { body: { status: 'up' } },
      [`${api}/schemas/types`]: types,
      [`${metrics}/ready`]: { body: whole },
    });
    expect(await probe().ask(aRegistry())).to.deep.equal({
      isReady: true,
      isDegraded: false,
      isLocked: false,
      version: '1.2.3',
      checks: {
        database: { status: 'up', version: '17.2', migration: 3 },
        cache: { status: 'up' },
      },
    });
  });

  const lastDrill = {
    endedAt: '2026-11-26T03:00:20.000Z',
    seconds: 20.5,
    snapshot: '2026-11-26T03-00-00Z',
    subjects: 2,
    versions: 3,
    schemas: 3,
    differing: 1,
    differences: ['contents/ab/abc.json: damaged'],
  };
  const drillTold = async (told: object) => {
    const checks = { archive: { status: 'up', lastDrill: told } };
    says({
      [`${api}/ready`]: { body: { status: 'up' } },
      [`${api}/schemas/types`]: types,
      [`${metrics}/ready`]: { body: { status: 'up', version: '1.2.3', checks } },
    });
    const answer = await probe().ask(aRegistry());
    return answer.isReady ? answer.checks.archive?.lastDrill : answer;
  };

  it('has the last drill of its archive, which is taken whole or not at all', async () => {
    expect(await drillTold({ ...lastDrill, gone: 4 })).to.deep.equal(lastDrill);
    for (const wrong of [{ endedAt: 'today' }, { seconds: '1' }, { schemas: -1 }, { differing: null }])
      expect(await drillTold({ ...lastDrill, ...wrong }), JSON.stringify(wrong)).to.equal(undefined);
  });

  it('says no more of a drill than is fit for a status', async () => {
    const differences = [...Array.from({ length: 20 }, (_, n) => `${n}\n${'x'.repeat(1_000)}`), 7];
    const told = await drillTold({ ...lastDrill, snapshot: 'a b', differences });
    expect(told).to.not.have.property('snapshot');
    const named = (told as { differences: readonly string[] }).differences;
    expect(named).to.have.length(5);
    expect(named[3]).to.match(/^3 x{298}…$/);
  });

  it('is asked again where the one Service leads to it a moment before the other', async () => {
    let asked = 0;
    says({ [`${api}/ready`]: { body: { status: 'up' } }, [`${api}/schemas/types`]: types });
    const before = handle;
    handle = (request, response) => {
      if (request.url !== `${metrics}/ready`) return before(request, response);
      asked += 1;
      response.writeHead(asked < 3 ? 503 : 200, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(asked < 3 ? { kind: 'Status', message: 'no endpoints available' } : whole));
    };
    expect(await probe().ask(aRegistry())).to.deep.include({ isReady: true, version: '1.2.3' });
  });

  it('is ready as well where that port is out of reach, and of a version that told all to everybody', async () => {
    const open = { [`${api}/schemas/types`]: types };
    says({ ...open, [`${api}/ready`]: { body: { status: 'degraded' } } });
    expect(await probe().ask(aRegistry())).to.deep.equal({
      isReady: true,
      isDegraded: true,
      isLocked: false,
      version: undefined,
      checks: {},
    });
    says({ ...open, [`${api}/ready`]: { body: { ...whole, status: 'ready' } } });
    expect(await probe().ask(aRegistry())).to.deep.include({ isReady: true, version: '1.2.3' });
  });

  it('has its cause where it is down, also of one pod', async () => {
    const down = { status: 'down', cause: 'the database refuses connections', version: '1.2.3', checks: {} };
    says({
      [`${api}/ready`]: { status: 503, body: { status: 'down' } },
      [`${metrics}/ready`]: { status: 503, body: down },
      [`${podMetrics}/ready`]: { status: 503, body: down },
    });
    expect(await probe().ask(aRegistry())).to.deep.equal({
      isReady: false,
      words: 'the database refuses connections',
    });
    const told = { cause: 'the database refuses connections', checks: {} };
    expect(await probe().askPod(aRegistry(), pod)).to.deep.equal(told);
    says({ [`${podApi}/ready`]: { status: 503, body: { ...down, status: 'unready' } } });
    expect(await probe().askPod(aRegistry(), pod)).to.deep.equal(told);
    says({});
    expect(await probe().askPod(aRegistry(), pod)).to.equal(undefined);
  });

  it('is read to 64 KiB, however much an image of somebody sends', async () => {
    let sent = 0;
    handle = ({ url = '' }, response) => {
      response.writeHead(url.endsWith('/types') ? 200 : 503, { 'Content-Type': 'application/json' });
      const filler = Buffer.alloc(16 * 1024, '[');
      const send = () => {
        while (!response.destroyed && response.write(filler)) sent += filler.length;
        if (!response.destroyed) response.once('drain', send);
      };
      send();
    };
    const answer = await probe().ask(aRegistry());
    expect(answer).to.deep.equal({ isReady: false, words: 'the answer is longer than 65536 bytes' });
    expect(await probe().askPod(aRegistry(), pod)).to.equal(undefined);
    // What the sockets took before they were closed is beside it.
    expect(sent).to.be.lessThan(128 * 1024 * 1024);
  });

  const odd: readonly (readonly [string, unknown])[] = [
    ['no JSON', '<html>'],
    ['a null', 'null'],
    ['a list', []],
    ['a status that is none', { status: 'constructor' }],
    ['a status that is an object', { status: {} }],
    ['nothing', ''],
  ];
  for (const [title, body] of odd) {
    it(`counts by its status code alone where it is ${title}`, async () => {
      says({ [`${api}/ready`]: { status: 503, body }, [`${metrics}/ready`]: { status: 503, body } });
      expect(await probe().ask(aRegistry())).to.deep.equal({ isReady: false, words: '/ready answers 503' });
    });
  }

  it('is cut and in one line, and each part is what it has to be or is left out', async () => {
    const long = 'x'.repeat(10_000);
    const check = {
      status: { toString: 'no' },
      cause: `one\u001b[31m\n\u202etwo ${long}`,
      reason: `A\n${long}`,
      version: long,
      migration: '7',
      oldestServer: ['1.0.0'],
      pending: -1,
      lagSeconds: null,
    };
    says({
      [`${api}/ready`]: { body: { status: 'up' } },
      [`${api}/schemas/types`]: types,
      [`${metrics}/ready`]: { body: { status: 'up', version: `1.0\n${long}`, checks: { database: check } } },
    });
    const answer = await probe().ask(aRegistry());
    if (!answer.isReady) throw new Error(answer.words);
    const { version, checks } = answer;
    expect(version).to.equal(undefined);
    expect(Object.keys(checks.database ?? {})).to.deep.equal(['cause']);
    expect(checks.database?.cause)
      .to.match(/^one \[31m two x+…$/)
      .and.have.length(301);
  });

  it('tells of the archive what it has: the last drill and the last snapshots, each for what it is', async () => {
    const counts = { subjects: 1, versions: 2, schemas: 2 };
    const lastDrill = {
      endedAt: '2026-11-26T03:00:20.000Z',
      seconds: 20.5,
      snapshot: 'first',
      ...counts,
      differing: 1,
      differences: ['contents/ab/abc.json: damaged'],
    };
    const created = '2026-11-26T22:00:00.123Z';
    const snapshots = [
      { name: 'first', created, counts },
      { name: 'no name\n', created, counts },
      { name: 'untimely', created: 'yesterday', counts },
      'none',
    ];
    const archive = { status: 'up', lastDrill: { ...lastDrill, more: 1 }, snapshots, snapshotFailure: 'why' };
    says({
      [`${api}/ready`]: { body: { status: 'up' } },
      [`${api}/schemas/types`]: types,
      [`${metrics}/ready`]: { body: { status: 'up', checks: { archive } } },
    });
    const answer = await probe().ask(aRegistry());
    if (!answer.isReady) throw new Error(answer.words);
    expect(answer.checks.archive).to.deep.equal({
      status: 'up',
      lastDrill,
      snapshots: [{ name: 'first', time: '2026-11-26T22:00:00Z', ...counts }],
      snapshotFailure: 'why',
    });
  });
});
