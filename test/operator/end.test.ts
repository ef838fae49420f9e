import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { eventually } from '../build/eventually.ts';
import { startOperatorProcess } from '../build/operator-process.ts';
import { freePort } from '../build/process.ts';

/** What config/operator/deployment.yaml gives it before it is killed. */
const GRACE_MS = 30_000;

/** A registry whose runs read a Secret that its spec names. */
const registry = {
  apiVersion: 'llm-schema-registry.io/v1alpha1',
  kind: 'SchemaRegistry',
  metadata: { name: 'sample', namespace: 'team-a', uid: 'uid-1', generation: 1, resourceVersion: '1' },
  spec: { artifacts: { s3: { bucket: 'team-a', credentialsSecretRef: { name: 'keys' } } } },
};

const keys = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'keys', namespace: 'team-a' },
  data: { accessKeyId: 'bWU=', secretAccessKey: 'aHVzaA==' },
};

type Behaviour = 'answers' | 'holds the lease for another' | 'answers the lease only' | 'says nothing';

/** As much of an API server as an operator without registries sees. */
async function openApi() {
  let behaviour: Behaviour = 'answers';
  let lease: { spec: Record<string, unknown>; [field: string]: unknown } | undefined;
  let busyWith: RegExp | undefined;
  let items: readonly object[] = [];
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  const reply = (response: ServerResponse, code: number, body: object) =>
    response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const body = (await request.setEncoding('utf8').toArray()).join('');
    seen.push(`${method} ${url}`);
    if (behaviour === 'says nothing') return;
    if (busyWith?.test(`${method} ${url}`)) {
      response.setHeader('retry-after', '60');
      reply(response, 429, { kind: 'Status', code: 429, reason: 'TooManyRequests', message: 'later' });
      return;
    }
    if (url.includes('/leases')) {
      if (behaviour === 'holds the lease for another') {
        lease = {
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          metadata: { name: 'other' },
          spec: {
            holderIdentity: 'another',
            leaseDurationSeconds: 3_600,
            renewTime: new Date().toISOString(),
          },
        };
      } else if (method !== 'GET') lease = JSON.parse(body);
      if (url.includes('fieldSelector')) reply(response, 200, { items: lease === undefined ? [] : [lease] });
      else if (lease === undefined) reply(response, 404, { kind: 'Status', code: 404, reason: 'NotFound' });
      else reply(response, method === 'POST' ? 201 : 200, lease);
      return;
    }
    if (behaviour === 'answers the lease only') return;
    if (/^GET .*\/secrets\/keys/.test(`${method} ${url}`)) reply(response, 200, keys);
    else if (url.includes('watch=true'))
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    else
      reply(response, 200, {
        kind: 'List',
        metadata: { resourceVersion: '1' },
        items: url.includes('/schemaregistries') ? items : [],
        resources: [],
        groups: [],
      });
  }

  const server = createServer((request, response) => void answer(request, response).catch(() => {}));
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    turn: (to: Behaviour) => {
      behaviour = to;
    },
    /** From now on it asks who wants this to wait for a minute. */
    isBusyWith: (requests: RegExp) => {
      busyWith = requests;
    },
    hasRegistry: () => {
      items = [registry];
    },
    holder: () => lease?.spec.holderIdentity,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

const kubeconfig = (port: number) =>
  stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [
      { name: 'c', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } },
    ],
    users: [{ name: 'u', user: {} }],
  });

const busy: readonly { title: string; requests: RegExp }[] = [
  { title: 'a Secret that a spec names', requests: /^GET .*\/secrets\/keys/ },
  { title: 'the list of the Secret that a spec names', requests: /^GET .*\/secrets\?.*fieldSelector/ },
  { title: 'a list', requests: /^GET [^?]*\/configmaps\?/ },
  { title: 'a child', requests: /^(GET|PATCH) .*\/serviceaccounts\/sample/ },
  { title: 'a status', requests: /^PATCH .*\/schemaregistries\/sample\/status/ },
  { title: 'a kind that it may not serve', requests: /^GET .*\/monitoring\.coreos\.com\// },
  { title: 'a renewal of the lease', requests: /^PUT .*\/leases\// },
];

type Api = Awaited<ReturnType<typeof openApi>>;
type Operator = Awaited<ReturnType<typeof startOperatorProcess>>;

interface Phase {
  readonly title: string;
  readonly behaviour: Behaviour | 'refuses connections';
  readonly isThere: (operator: Operator, api: Api) => Promise<unknown> | unknown;
  readonly isLeader?: boolean;
  /** Of the API server, when the signal comes. */
  readonly turnsTo?: Behaviour;
  /** What ends it before it listens for signals. */
  readonly canBeKilled?: boolean;
}

const says = (operator: Operator, words: string) =>
  eventually(() => expect(operator.log()).to.include(words), 20_000);

const phases: readonly Phase[] = [
  { title: 'at its very beginning', behaviour: 'answers', isThere() {}, canBeKilled: true },
  {
    title: 'waiting for an API server that refuses connections',
    behaviour: 'refuses connections',
    isThere: (operator) => says(operator, 'the lease cannot be asked for'),
  },
  {
    title: 'waiting for an API server that says nothing',
    behaviour: 'says nothing',
    isThere: (_, api) => eventually(() => expect(api.seen).not.to.deep.equal([]), 20_000),
  },
  {
    title: 'waiting for the lease',
    behaviour: 'holds the lease for another',
    isThere: (operator) => says(operator, 'another operator leads'),
  },
  {
    title: 'leading, before it has seen the cluster',
    behaviour: 'answers the lease only',
    isThere: (_, api) => eventually(() => expect(api.seen.join()).to.include('schemaregistries'), 20_000),
    isLeader: true,
  },
  {
    title: 'leading',
    behaviour: 'answers',
    isThere: (operator) => says(operator, 'watching'),
    isLeader: true,
  },
  {
    title: 'leading, while the API server falls silent',
    behaviour: 'answers',
    isThere: (operator) => says(operator, 'watching'),
    turnsTo: 'says nothing',
  },
];

describe('SIGTERM and the operator', () => {
  let api: Api;
  let operator: Operator | undefined;

  beforeEach(async () => {
    api = await openApi();
  });
  afterEach(async () => {
    await operator?.kill();
    await api.close();
  });

  for (const { title, behaviour, isThere, isLeader, turnsTo, canBeKilled } of phases) {
    for (const times of isLeader ? [1, 2] : [1]) {
      it(`ends it within the grace, ${title}${times === 2 ? ', and twice changes nothing' : ''}`, async () => {
        if (behaviour !== 'refuses connections') api.turn(behaviour);
        const port = behaviour === 'refuses connections' ? await freePort() : api.port;
        operator = await startOperatorProcess(kubeconfig(port), 'the-operator');
        await isThere(operator, api);
        const { child } = operator;
        // A probe that keeps its connection must not hold the process.
        const probe = canBeKilled ? undefined : connect(operator.healthPort, '127.0.0.1');
        probe?.on('error', () => {});
        if (probe) await once(probe, 'connect');
        if (turnsTo) api.turn(turnsTo);
        const exited = once(child, 'exit');
        const late = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
        for (let n = 0; n < times; n += 1) child.kill('SIGTERM');
        const [code, signal] = await exited;
        clearTimeout(late);
        probe?.destroy();
        if (canBeKilled) expect([code, signal]).to.satisfy(() => code === 0 || signal === 'SIGTERM');
        else expect([code, signal], operator.log()).to.deep.equal([0, null]);
        expect(operator.log()).not.to.match(/unhandled|UnhandledPromise/i);
        // The next one need not wait for the lease to run out.
        if (isLeader) expect(api.holder()).to.equal('');
      });
    }
  }

  for (const { title, requests } of busy) {
    it(`ends it within the grace while an API server asks it to wait for a minute with ${title}`, async () => {
      api.hasRegistry();
      api.isBusyWith(requests);
      operator = await startOperatorProcess(kubeconfig(api.port), 'the-operator');
      await eventually(
        () => expect(api.seen.filter((line) => requests.test(line))).not.to.deep.equal([]),
        20_000,
      );
      const { child } = operator;
      const exited = once(child, 'exit');
      const late = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
      child.kill('SIGTERM');
      const [code, signal] = await exited;
      clearTimeout(late);
      expect([code, signal], operator.log()).to.deep.equal([0, null]);
    });
  }
});

describe('the operator and a port that is taken', () => {
  for (const name of ['METRICS_PORT', 'HEALTH_PORT']) {
    it(`ends with the cause: ${name}`, async () => {
      const api = await openApi();
      const taken = createServer();
      taken.listen(0);
      await once(taken, 'listening');
      const { port } = taken.address() as AddressInfo;
      const operator = await startOperatorProcess(kubeconfig(api.port), 'the-operator', {
        [name]: String(port),
      });
      try {
        const code =
          operator.child.exitCode ??
          (await Promise.race([
            once(operator.child, 'exit').then(([exitCode]) => exitCode),
            pause(20_000, 'it goes on', { ref: false }),
          ]));
        expect(code, operator.log()).to.equal(1);
        expect(operator.log()).to.match(new RegExp(`${name}: port ${port} .*EADDRINUSE`));
        expect(api.seen).to.deep.equal([]);
      } finally {
        await operator.kill();
        taken.close();
        await api.close();
      }
    });
  }
});
