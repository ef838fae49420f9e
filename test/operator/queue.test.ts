import { expect } from 'chai';
import { type Outcome, retryDelayMs, WorkQueue } from '../../operator/queue.ts';

const silent = { added: () => undefined, retried: () => undefined, depth: () => undefined };

/** A run that ends when the test says so. */
function heldRuns() {
  const runs: { key: string; end: (outcome?: Outcome) => void; fail: () => void }[] = [];
  const run = (key: string) =>
    new Promise<Outcome>((resolve, reject) => {
      runs.push({ key, end: (outcome = {}) => resolve(outcome), fail: () => reject(new Error('failed')) });
    });
  return { runs, run };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('the work queue', () => {
  it('runs a key once at a time and once more when it was added meanwhile', async () => {
    const { runs, run } = heldRuns();
    const queue = new WorkQueue(run, 4, silent);
    queue.add('a');
    queue.add('a');
    queue.add('a');
    expect(runs.map(({ key }) => key)).to.deep.equal(['a']);
    runs[0]?.end();
    await turn();
    expect(runs.map(({ key }) => key)).to.deep.equal(['a', 'a']);
    runs[1]?.end();
    await turn();
    expect(runs).to.have.length(2);
    await queue.stop();
  });

  it('lets no key hold up another while a worker is free', async () => {
    const { runs, run } = heldRuns();
    const queue = new WorkQueue(run, 2, silent);
    for (const key of ['stuck', 'b', 'c']) queue.add(key);
    expect(runs.map(({ key }) => key)).to.deep.equal(['stuck', 'b']);
    runs[1]?.end();
    await turn();
    expect(runs.map(({ key }) => key)).to.deep.equal(['stuck', 'b', 'c']);
    for (const { end } of runs) end();
    await queue.stop();
  });

  it('tries a failed key again', async () => {
    const { runs, run } = heldRuns();
    const delays: number[] = [];
    const queue = new WorkQueue(run, 1, {
      ...silent,
      retried: (_key, _error, delayMs) => delays.push(delayMs),
    });
    queue.add('a');
    runs[0]?.fail();
    await turn();
    expect(delays).to.have.length(1);
    // Something new about the key does not wait for the delay.
    queue.add('a');
    expect(runs).to.have.length(2);
    runs[1]?.end();
    await queue.stop();
  });

  it('takes the earlier of two delays', async () => {
    const { runs, run } = heldRuns();
    const queue = new WorkQueue(run, 1, silent);
    queue.addAfter('a', 60_000);
    queue.addAfter('a', 1);
    queue.addAfter('a', 60_000);
    while (runs.length === 0) await turn();
    runs[0]?.end();
    await queue.stop();
  });

  it('waits, when stopped, for the runs under way and begins no other', async () => {
    const { runs, run } = heldRuns();
    const queue = new WorkQueue(run, 1, silent);
    queue.add('a');
    queue.add('b');
    const stopped = queue.stop();
    runs[0]?.end();
    await stopped;
    queue.add('c');
    expect(runs.map(({ key }) => key)).to.deep.equal(['a']);
  });
});

describe('the delay before another try', () => {
  it('doubles from 0.2 s to 60 s', () => {
    const longest = (attempt: number) => retryDelayMs(attempt, () => 1);
    expect([0, 1, 2, 20].map(longest)).to.deep.equal([200, 400, 800, 60_000]);
  });

  it('is random in its second half', () => {
    expect(retryDelayMs(3, () => 0)).to.equal(800);
  });
});
