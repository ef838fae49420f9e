import { expect } from 'chai';
import type { Spec, Status } from '../../operator/registry.ts';
import { mustKnowTables } from '../../operator/version.ts';
import { aRegistry } from '../build/registry.ts';

const host = 'sample-postgres.team-a.svc:5432';

describe('a version of the server', () => {
  const cases: readonly { title: string; spec: Spec; oldest?: string; at?: string; refused?: string }[] = [
    { title: 'is taken where nothing is known of the tables', spec: { version: '0.1.0' } },
    {
      title: 'is taken when it is the oldest that can work with them',
      spec: { version: '0.2.0' },
      oldest: '0.2.0',
    },
    { title: 'is taken when it is newer', spec: { version: '0.10.0' }, oldest: '0.9.0' },
    {
      title: 'is refused when it is older',
      spec: { version: '0.9.1' },
      oldest: '0.10.0',
      refused:
        'spec.version: "0.9.1" cannot work with the tables of the database, which are for 0.10.0 and newer; write 0.10.0 or newer, or restore a backup of before the upgrade',
    },
    {
      title: 'is refused when it is a pre-release of the oldest',
      spec: { version: '1.0.0-rc.1' },
      oldest: '1.0.0',
      refused: 'spec.version: "1.0.0-rc.1"',
    },
    {
      title: 'is refused when a tag names it',
      spec: { version: '3.0.0', image: { tag: '1.0.0' } },
      oldest: '2.0.0',
      refused: 'spec.image.tag: "1.0.0"',
    },
    {
      title: "is refused when it is the operator's own",
      spec: {},
      oldest: '2.0.0',
      refused: 'spec.version: "1.0.0"',
    },
    {
      title: 'is left to the server where a tag is no version',
      spec: { image: { tag: 'main' } },
      oldest: '2.0.0',
    },
    {
      title: 'is left to the server where a digest hides it',
      spec: { image: { digest: `sha256:${'a'.repeat(64)}` } },
      oldest: '2.0.0',
    },
    {
      title: 'is taken for another database',
      spec: { version: '1.0.0' },
      oldest: '2.0.0',
      at: 'elsewhere:5432',
    },
  ];
  for (const { title, spec, oldest, at = host, refused } of cases) {
    it(title, () => {
      const before: Status = {
        dependencies: { database: { kind: 'managed', host: at, ...(oldest && { oldestServer: oldest }) } },
      };
      const act = () => mustKnowTables(aRegistry(spec), before);
      if (refused === undefined) expect(act).not.to.throw();
      else expect(act).to.throw(refused).with.property('reason', 'DowngradeRefused');
    });
  }
});
