import { expect } from 'chai';
import { Cache } from '../../../operator/kube/cache.ts';
import type { KubeObject } from '../../../operator/kube/kubernetes.ts';

const key = 'team-a/sample';

function aService(version: number, uid = 'uid-1', namespace = 'team-a'): KubeObject {
  const labels = { 'app.kubernetes.io/instance': 'sample' };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'sample', namespace, uid, resourceVersion: String(version), labels },
  };
}

describe('what a watch has told', () => {
  const versionOf = (cache: Cache) => cache.find(key, 'sample')?.metadata.resourceVersion;

  it('is not taken back by the answer to a write of ours that comes after the news that its object is gone', () => {
    const cache = new Cache();
    cache.put(aService(1));
    cache.remove(aService(3));
    cache.put(aService(2));
    expect(versionOf(cache)).to.equal(undefined);
  });

  it('is not taken back by the answer that made an object which a list no longer has', () => {
    const cache = new Cache();
    cache.replace([], undefined, '9');
    cache.put(aService(8));
    expect(versionOf(cache)).to.equal(undefined);
    cache.put(aService(10, 'uid-2'));
    expect(versionOf(cache)).to.equal('10');
  });

  it('is not taken back after nothing but bookmarks and news of others', () => {
    const cache = new Cache();
    cache.toldUntil('9');
    cache.put(aService(8));
    expect(versionOf(cache)).to.equal(undefined);
  });

  it('says nothing of the objects of a namespace that another watch tells of', () => {
    const cache = new Cache();
    cache.toldUntil('9', 'team-b');
    cache.put(aService(8));
    expect(versionOf(cache)).to.equal('8');
  });

  it('takes an object that got its label back', () => {
    const cache = new Cache();
    cache.put(aService(1));
    // To a watch by label it is gone without it.
    cache.remove(aService(2));
    cache.put(aService(3));
    expect(versionOf(cache)).to.equal('3');
  });

  it('is forgotten where the API server was restored from a backup and counts from an earlier version', () => {
    const cache = new Cache();
    cache.replace([aService(90)], undefined, '95');
    cache.replace([aService(40)], undefined, '50');
    expect(versionOf(cache)).to.equal('40');
    cache.put(aService(51));
    expect(versionOf(cache)).to.equal('51');
  });
});
