import { expect } from 'chai';
import { desired } from '../../operator/desired/table.ts';
import { eventsOf } from '../../operator/events.ts';
import { identityOf } from '../../operator/identity.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import type { Answer, Identity } from '../../operator/observed.ts';
import type { Status } from '../../operator/registry.ts';
import { status } from '../../operator/status/status.ts';
import { anObserved, aRegistry } from '../build/registry.ts';

const one = 'aaaaaaaa-0000-4000-8000-000000000001';
const two = 'aaaaaaaa-0000-4000-8000-000000000002';
const noted = '2026-01-02T03:00:00Z';
const nowMs = Date.parse('2026-01-02T03:04:05Z');
const known: Identity = { registryId: one, lastId: 100, revision: 200, noted };

const says = (registryId: string, lastId: number, revision = 200): Answer => ({
  isReady: true,
  isDegraded: false,
  isLocked: false,
  version: '0.2.0',
  checks: { database: { status: 'up', registryId, lastId, revision } },
});
const lost = { cause: 'the database is empty', reason: 'DataLost', checks: {} };

interface World {
  readonly answer?: Answer;
  readonly unready?: typeof lost;
  readonly status?: Status | undefined;
  readonly children?: readonly KubeObject[];
  readonly nowMs?: number;
  /** The id of a registry in the annotation. */
  readonly accepts?: string;
}

function identityIn({ accepts, ...world }: World): Identity | undefined {
  const annotations: Record<string, string> =
    accepts === undefined ? {} : { 'llm-schema-registry.io/accept-data-loss': accepts };
  return identityOf(aRegistry({}, 'sample', annotations), {
    children: [],
    status: { identity: known },
    answer: undefined,
    unready: undefined,
    nowMs,
    ...world,
  });
}

/** The ConfigMap as the operator makes it. */
function configMapOf(identity: Identity): KubeObject {
  const made = desired(aRegistry(), anObserved({ identity })).find(
    ({ metadata }) => metadata.name === 'sample-identity',
  );
  return made as KubeObject;
}

describe('the database that a registry is held to', () => {
  it('is the first that a server tells of, and none before', () => {
    expect(identityIn({ status: {} })).to.equal(undefined);
    expect(identityIn({ status: {}, answer: says(one, 0, 1) })).to.deep.equal({
      registryId: one,
      lastId: 0,
      revision: 1,
      noted: '2026-01-02T03:04:05Z',
    });
    const silent = { ...says(one, 0), checks: { database: { status: 'up' } } };
    expect(identityIn({ status: {}, answer: silent })).to.equal(undefined);
  });

  const growth: readonly [string, number, number, number, Partial<Identity>, boolean][] = [
    ['its first id', 1, 1, nowMs, { lastId: 0, revision: 0 }, true],
    ['999 ids', 1_099, 200, nowMs, {}, false],
    ['1,000 ids', 1_100, 200, nowMs, {}, true],
    ['1,000 changes', 100, 1_200, nowMs, {}, true],
    ['one id after ten minutes', 101, 200, Date.parse(noted) + 600_000, {}, true],
    ['nothing after ten minutes', 100, 200, Date.parse(noted) + 600_000, {}, false],
    ['fewer ids after ten minutes', 99, 200, Date.parse(noted) + 600_000, {}, false],
  ];
  for (const [title, lastId, revision, now, before, isNoted] of growth) {
    it(`is ${isNoted ? '' : 'not '}noted anew after ${title}`, () => {
      const identity = { ...known, ...before };
      const next = identityIn({ status: { identity }, answer: says(one, lastId, revision), nowMs: now });
      if (isNoted) expect(next).to.include({ registryId: one, lastId, revision });
      else expect(next).to.deep.equal(identity);
    });
  }

  it('stays when another one is served, until the loss of this very one is accepted', () => {
    expect(identityIn({ answer: says(two, 1) })).to.deep.equal(known);
    expect(identityIn({ answer: says(two, 1), accepts: two })).to.deep.equal(known);
    expect(identityIn({ answer: says(two, 1), accepts: one })).to.include({ registryId: two });
  });

  it('is given up where a server says that it is lost, and a person accepts it; the next one takes its place', () => {
    expect(identityIn({ unready: lost, accepts: two })).to.deep.equal(known);
    const identity = identityIn({ unready: lost, accepts: one }) as Identity;
    expect(identity).to.include({ registryId: one, lastId: 100, isGivenUp: true });
    expect(identityIn({ status: { identity }, unready: lost, accepts: one })).to.deep.equal(identity);
    const next = identityIn({ status: { identity }, answer: says(two, 100_100), accepts: one });
    expect(next).to.include({ registryId: two, lastId: 100_100 });
    expect(next).not.to.have.property('isGivenUp');
    // The annotation is still there, and accepts no other loss.
    const later = { status: { identity: next as Identity }, unready: lost, accepts: one };
    expect(identityIn(later)).to.deep.equal(next);
  });

  it('is given up by no annotation while it is served, nor while a server waits for something else', () => {
    expect(identityIn({ answer: says(one, 100), accepts: one })).to.deep.equal(known);
    const waiting = { ...lost, reason: 'Restoring' };
    expect(identityIn({ unready: waiting, accepts: one })).to.deep.equal(known);
    expect(identityIn({ accepts: one })).to.deep.equal(known);
    const identity = { ...known, isGivenUp: true };
    expect(identityIn({ status: { identity }, answer: says(one, 100) })).not.to.have.property('isGivenUp');
  });

  it('is what the status or the ConfigMap says, whichever was noted last, also when one is gone or spoiled', () => {
    const newer = { ...known, registryId: two, noted: '2026-01-02T03:01:00Z' };
    const both = (first: Identity, second: Identity) =>
      identityIn({ status: { identity: first }, children: [configMapOf(second)] });
    expect(both(known, newer)).to.deep.equal(newer);
    expect(both(newer, known)).to.deep.equal(newer);
    expect(identityIn({ status: {}, children: [configMapOf(known)] })).to.deep.equal(known);
    const spoiled = { ...configMapOf(newer), data: { 'identity.json': '{' } };
    expect(identityIn({ children: [spoiled] })).to.deep.equal(known);
  });

  it('is told by the condition and by Events where it is not what is served', () => {
    const statusOf = (identity: Identity, before: Status) =>
      status(aRegistry(), anObserved({ identity, answer: says(two, 1) }), before, undefined);
    const before = statusOf({ ...known, registryId: two }, {});
    const replaced = statusOf(known, before);
    const condition = replaced.conditions?.find(({ type }) => type === 'DatabaseReady');
    expect(condition).to.include({ status: 'False', reason: 'DatabaseReplaced' });
    expect(condition?.message).to.equal(
      `the database is that of registry ${two}, and that of registry ${one} with ids up to 100 is expected: put it back and restart the server pods, or accept the loss by the annotation llm-schema-registry.io/accept-data-loss: ${one}`,
    );
    expect(replaced.identity).to.deep.equal(known);
    const reasons = (from: Status, to: Status) => eventsOf(from, to).map(({ reason }) => reason);
    expect(reasons({ ...before, identity: known }, replaced)).to.include('DatabaseReplaced');
    expect(reasons(replaced, replaced)).to.deep.equal([]);
    expect(reasons(replaced, { ...replaced, identity: { ...known, registryId: two } })).to.deep.equal([
      'DataLossAccepted',
    ]);
  });
});
