import { expect } from 'chai';
import { writeEvents } from '../../operator/events.ts';
import type { Cluster } from '../../operator/kube/cluster.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import { openLog } from '../../operator/log.ts';
import { withinBytes } from '../../operator/within-bytes.ts';
import { aSchemaRegistry } from '../build/registry.ts';

describe('a note of an Event', () => {
  for (const [title, text] of [
    ['of one byte each', 'a'],
    ['of two', 'ü'],
    ['of three', '名'],
    ['of four', '😀'],
    ['of one and four', 'a😀'],
    ['of half a pair, which becomes three', '\ud83d'],
  ] as const) {
    it(`has what has room in 1,024 bytes, and no part of a character: characters ${title}`, () => {
      for (const extra of ['', 'x', 'xx', 'xxx']) {
        const note = withinBytes(extra + text.repeat(1_100), 1_024);
        const bytes = Buffer.byteLength(note);
        expect(bytes).to.be.within(1_024 - 3, 1_024);
        expect(Buffer.from(note).toString()).to.equal(note);
        if (text.isWellFormed()) {
          expect((extra + text.repeat(1_100)).startsWith(note)).to.equal(true);
          expect(note).not.to.include('\ufffd');
        }
      }
    });
  }

  it('is left as it is when it is short, but for halves of pairs', () => {
    expect(withinBytes('näh', 4)).to.equal('näh');
    expect(withinBytes('x\ud83d', 10)).to.equal('x\ufffd');
    expect(withinBytes('', 4)).to.equal('');
    expect(withinBytes('😀', 3)).to.equal('');
  });

  it('is written within what the API server takes, as are the names beside it', async () => {
    const written: KubeObject[] = [];
    const cluster = { create: async (object: KubeObject) => written.push(object) } as object as Cluster;
    const name = 'n'.repeat(253);
    const note = `password of ${'秘'.repeat(2_000)}`;
    await writeEvents(
      cluster,
      aSchemaRegistry({}, name),
      [{ type: 'Warning', reason: 'Failed', note }],
      'operator-'.repeat(30),
      openLog('error'),
    );
    const [event] = written as [KubeObject & { note: string; reportingInstance: string }];
    expect(Buffer.byteLength(event.note)).to.be.within(1_022, 1_024);
    expect(Buffer.byteLength(event.reportingInstance)).to.equal(128);
    expect(Buffer.byteLength(event.metadata.name ?? '')).to.be.at.most(253);
  });
});
