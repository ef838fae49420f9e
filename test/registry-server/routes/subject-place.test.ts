import { expect } from 'chai';
import { findSubjectPlace } from '../../../registry-server/routes/subject-place.ts';
import { resources } from '../../../registry-server/routes/table.ts';

describe('where a request says which subject it is about', () => {
  for (const [path, place] of [
    ['/subjects/s/versions/1', { segment: 2 }],
    ['/compatibility/subjects/s/versions', { segment: 3 }],
    ['/config/s', { segment: 2 }],
    ['/config', { segment: 2 }],
    ['/mode/', { segment: 2 }],
    ['/mode//', { segment: 2 }],
    ['/subjects', { query: 'subjectPrefix' }],
    ['/schemas', { query: 'subjectPrefix' }],
    ['/schemas/ids/1/subjects', { query: 'subject' }],
    ['/subjects/s/nothing', undefined],
  ] as const) {
    it(`is known of ${path}`, () => expect(findSubjectPlace(path)).to.deep.equal(place));
  }

  it('is missing where a context makes no difference', () => {
    const paths = resources.filter(({ isInContexts }) => isInContexts).flatMap(({ routes }) => routes);
    const without = paths.map(({ path }) => path).filter((path) => findSubjectPlace(path) === undefined);
    expect(without).to.deep.equal(['/schemas/types', '/schemas/guids/:guid', '/schemas/guids/:guid/ids']);
  });
});
