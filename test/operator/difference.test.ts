import { expect } from 'chai';
import { findDifference } from '../../operator/difference.ts';

const cases: readonly { title: string; wanted: unknown; observed: unknown; path: string | undefined }[] = [
  { title: 'equal', wanted: { a: 1 }, observed: { a: 1 }, path: undefined },
  {
    title: 'a default of the API server besides',
    wanted: { a: 1 },
    observed: { a: 1, b: 2 },
    path: undefined,
  },
  { title: 'another value', wanted: { a: { b: 1 } }, observed: { a: { b: 2 } }, path: '.a.b' },
  { title: 'a missing field', wanted: { a: { b: 1 } }, observed: { a: {} }, path: '.a.b' },
  { title: 'an empty map that was dropped', wanted: { annotations: {} }, observed: {}, path: undefined },
  { title: 'a zero that was dropped', wanted: { initialDelaySeconds: 0 }, observed: {}, path: undefined },
  {
    title: 'a zero that somebody raised',
    wanted: { replicas: 0 },
    observed: { replicas: 2 },
    path: '.replicas',
  },
  {
    title: 'a quantity in another spelling',
    wanted: { limits: { cpu: '2000m' } },
    observed: { limits: { cpu: '2' } },
    path: undefined,
  },
  {
    title: 'another quantity',
    wanted: { limits: { cpu: '2' } },
    observed: { limits: { cpu: '3' } },
    path: '.limits.cpu',
  },
  {
    title: 'text that only looks like a quantity',
    wanted: { data: { N: '1000m' } },
    observed: { data: { N: '1' } },
    path: '.data.N',
  },
  {
    title: 'a named item that another manager added',
    wanted: { containers: [{ name: 'a' }] },
    observed: { containers: [{ name: 'x' }, { name: 'a' }] },
    path: undefined,
  },
  {
    title: 'a named item that is gone',
    wanted: { containers: [{ name: 'a', v: 1 }] },
    observed: { containers: [{ name: 'x' }] },
    path: '.containers[a]',
  },
  {
    title: 'a change in a named item',
    wanted: { containers: [{ name: 'a', v: 1 }] },
    observed: { containers: [{ name: 'a', v: 2 }] },
    path: '.containers[a].v',
  },
  {
    title: 'a longer plain list',
    wanted: { drop: ['ALL'] },
    observed: { drop: ['ALL', 'X'] },
    path: '.drop',
  },
  {
    title: 'one volume at two places',
    wanted: {
      volumeMounts: [
        { name: 'v', mountPath: '/a' },
        { name: 'v', mountPath: '/b' },
      ],
    },
    observed: {
      volumeMounts: [
        { name: 'v', mountPath: '/b' },
        { name: 'v', mountPath: '/a' },
      ],
    },
    path: undefined,
  },
];

describe('what differs between wanted and observed', () => {
  for (const { title, wanted, observed, path } of cases) {
    it(`${title}: ${path ?? 'nothing'}`, () => expect(findDifference(wanted, observed)).to.equal(path));
  }
});
