import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { readKeyList } from '../../../registry-server/authentication/api-keys.ts';

const key = 'a'.repeat(24);
const sha256 = createHash('sha256').update(key).digest('hex');

describe('a list of API keys', () => {
  const taken: Readonly<Record<string, string>> = {
    YAML: `- name: team-a\n  role: writer\n  key: ${key}\n`,
    JSON: JSON.stringify([{ name: 'team-a', role: 'writer', key }]),
    'with a digest': `- {name: team-a, role: writer, sha256: ${sha256.toUpperCase()}}`,
  };
  for (const [title, text] of Object.entries(taken)) {
    it(`is taken: ${title}`, () => {
      expect([...readKeyList(text)]).to.deep.equal([[sha256, { name: 'team-a', role: 'writer' }]]);
    });
  }

  it('takes digits for text', () => {
    const digits = '123456789012345678901234567890';
    const [digest] = readKeyList(`- {name: a, role: reader, key: ${digits}}`).keys();
    expect(digest).to.equal(createHash('sha256').update(digits).digest('hex'));
  });

  it('may have two keys of one name, while one follows the other', () => {
    const list = [key, 'b'.repeat(24)].map((each) => ({ name: 'a', role: 'reader', key: each }));
    expect(readKeyList(JSON.stringify(list)).size).to.equal(2);
  });

  const one = { name: 'a', role: 'reader', key };
  const refused: readonly (readonly [title: string, text: string, says: string])[] = [
    ['nothing', '', 'is not a list of keys; write - {name: team-a, role: writer, key: …}'],
    ['an empty list', '[]', 'is not a list of keys'],
    ['no YAML', `- name: a\n  role: [${key}\n`, 'line 3: is not YAML (BAD_INDENT)'],
    ['a bare key', `- ${key}`, 'entry 1: is not {name, role, key}'],
    ['no name', JSON.stringify([{ ...one, name: '' }]), 'entry 1: name is not 1 to 128'],
    ['another role', JSON.stringify([{ ...one, role: 'owner' }]), 'entry 1 (a): role is none of reader'],
    ['another field', JSON.stringify([{ ...one, keys: 1 }]), 'entry 1: has a field that is none of name'],
    ['a short key', JSON.stringify([{ ...one, key: 'short' }]), 'entry 1 (a): key is not 24 or more'],
    ['a key with a space', JSON.stringify([{ ...one, key: `${key} ` }]), 'entry 1 (a): key is not 24'],
    ['neither key nor digest', JSON.stringify([{ name: 'a', role: 'reader' }]), 'write either key or sha256'],
    ['both', JSON.stringify([{ ...one, sha256 }]), 'entry 1 (a): write either key or sha256'],
    ['no digest', JSON.stringify([{ name: 'a', role: 'reader', sha256: 'ff' }]), 'is not 64 hexadecimal'],
    ['a key twice', JSON.stringify([one, { ...one, name: 'b' }]), 'entry 2: "b" has the same key as "a"'],
  ];
  for (const [title, text, says] of refused) {
    it(`is refused, and no key is told: ${title}`, () => {
      expect(() => readKeyList(text)).to.throw(says);
      expect(() => readKeyList(text)).not.to.throw(key.slice(0, 8));
    });
  }
});
