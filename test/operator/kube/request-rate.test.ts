import { expect } from 'chai';
import { ApiError } from '../../../operator/kube/api-error.ts';
import { followRequestRate } from '../../../operator/kube/request-rate.ts';
import { eventually } from '../../build/eventually.ts';

/** What a metrics API that is not there, and ones that are, answer. */
const nothing = () => Promise.reject(new ApiError(404, 'NotFound', 'page not found'));
const serves = (name: string) => () => Promise.resolve({ resources: [{ name }] });
const rate = 'pods/http_requests_per_second';

describe('the requests of pods as a metric (stub: an API server with a metrics API that comes and goes)', () => {
  it('is noticed when it comes and when it goes, and left as it was while nothing clear is said', async () => {
    const stop = new AbortController();
    let answer: () => Promise<unknown> = nothing;
    const seen: boolean[] = [];
    let asked = 0;
    const cluster = {
      request: () => {
        asked += 1;
        return answer();
      },
    };
    const next = async () => {
      const before = asked;
      await eventually(async () => expect(asked).to.be.above(before + 2));
    };
    const ended = followRequestRate(
      cluster,
      () => true,
      (isServed) => seen.push(isServed),
      stop.signal,
      5,
    );
    await next();
    answer = serves('pods/something_else');
    await next();
    expect(seen).to.deep.equal([]);
    answer = serves(rate);
    await next();
    answer = () => Promise.reject(new ApiError(503, 'ServiceUnavailable', 'the adapter is away'));
    await next();
    expect(seen).to.deep.equal([true]);
    answer = nothing;
    await next();
    expect(seen).to.deep.equal([true, false]);
    stop.abort();
    await ended;
  });

  it('is not asked for while no registry wants it', async () => {
    const stop = new AbortController();
    let looks = 0;
    const isWanted = () => {
      looks += 1;
      return false;
    };
    const cluster = { request: () => Promise.reject(new Error('asked')) };
    const ended = followRequestRate(cluster, isWanted, () => {}, stop.signal, 1);
    await eventually(async () => expect(looks).to.be.above(3));
    stop.abort();
    await ended;
  });
});
