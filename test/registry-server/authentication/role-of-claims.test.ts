import { expect } from 'chai';
import { roleOfClaims } from '../../../registry-server/authentication/role-of-claims.ts';

describe('the role in the claims of a token', () => {
  const cases: readonly (readonly [
    title: string,
    claim: string,
    claims: object,
    role: string | undefined,
  ])[] = [
    ['is a text', 'role', { role: 'writer' }, 'writer'],
    ['is the highest of several words', 'scope', { scope: 'openid reader writer' }, 'writer'],
    ['is the highest of a list', 'roles', { roles: ['reader', 'admin', 'other'] }, 'admin'],
    ['may be further in', 'realm_access.roles', { realm_access: { roles: ['reader'] } }, 'reader'],
    ['may be in a claim with dots', 'https://a.b/role', { 'https://a.b/role': 'reader' }, 'reader'],
    ['is none where there is no such claim', 'role', { roles: 'admin' }, undefined],
    ['is none that is not ours', 'role', { role: 'administrator' }, undefined],
    ['is none in another spelling', 'role', { role: 'Admin' }, undefined],
    ['is none in an object', 'role', { role: { admin: true } }, undefined],
    ['is none of what every object has', 'constructor.name', {}, undefined],
  ];
  for (const [title, claim, claims, role] of cases) {
    it(title, () => expect(roleOfClaims(claims as Record<string, unknown>, claim)).to.equal(role));
  }
});
