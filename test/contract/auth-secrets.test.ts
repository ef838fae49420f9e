import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { adminKey, keysKey } from '../../operator/desired/auth.ts';
import { findWrongKeys, findWrongSecret } from '../../operator/desired/auth-secrets.ts';
import { textOf } from '../../operator/desired/secret.ts';
import { readKeyList } from '../../registry-server/authentication/api-keys.ts';
import { openTokens } from '../../registry-server/authentication/tokens.ts';
import { openLog } from '../../registry-server/log.ts';
import { anObserved, aRegistry } from '../build/registry.ts';

const key = 'k'.repeat(24);
const one = { name: 'a', role: 'reader', key };
const sha256 = 'f'.repeat(64);

const lists: Readonly<Record<string, unknown>> = {
  'a key': [one],
  'a digest': [{ name: 'a', role: 'admin', sha256 }],
  'both of two': [one, { name: 'a', role: 'admin', sha256 }],
  'two keys of one name': [one, { ...one, key: 'l'.repeat(24) }],
  'a name of an address': [{ ...one, name: 'me@example.com' }],
  'YAML with a note': `# für Ada\n- {name: a, role: reader, key: ${key}}\n`,
  'digits alone': `- {name: a, role: reader, key: ${'1'.repeat(24)}}`,
  'an anchor': `- &a {name: a, role: reader, key: ${key}}\n- {<<: *a}\n`,
  nothing: '',
  'no list': one,
  'an empty list': [],
  'no YAML': '- {name: a',
  'two documents': `- {name: a, role: reader, key: ${key}}\n---\n[]`,
  'a field twice': `- {name: a, name: b, role: reader, key: ${key}}`,
  'a text for an entry': [key],
  'nothing for an entry': [null],
  'no name': [{ role: 'reader', key }],
  'an empty name': [{ ...one, name: '' }],
  'a long name': [{ ...one, name: 'a'.repeat(129) }],
  'a list for a name': [{ ...one, name: ['a'] }],
  'another role': [{ ...one, role: 'Reader' }],
  'another field': [{ ...one, note: 'x' }],
  'a short key': [{ ...one, key: 'k'.repeat(23) }],
  'a key with a space': [{ ...one, key: `${key} k` }],
  'a key with an umlaut': [{ ...one, key: `${key}ü` }],
  'neither key nor digest': [{ name: 'a', role: 'reader' }],
  'key and digest': [{ ...one, sha256 }],
  'half a digest': [{ name: 'a', role: 'reader', sha256: 'f'.repeat(32) }],
  'a key twice': [one, { ...one, name: 'b' }],
  'a digest twice': [
    { name: 'a', role: 'admin', sha256 },
    { name: 'b', role: 'admin', sha256: sha256.toUpperCase() },
  ],
};

describe('a list of API keys is judged alike by operator and server', () => {
  for (const [title, list] of Object.entries(lists)) {
    const text = typeof list === 'string' ? list : JSON.stringify(list);
    it(title, () => {
      const found = findWrongKeys(Buffer.from(text));
      if (found === undefined) readKeyList(text);
      else expect(() => readKeyList(text), found).to.throw();
      expect(found ?? '').not.to.include(key.slice(0, 8));
    });
  }

  it('that the operator makes', () => {
    const secret = adminKey(aRegistry({ auth: { mode: 'ApiKey' } }), anObserved());
    expect([...readKeyList(textOf(secret, keysKey)).values()]).to.deep.equal([
      { name: 'admin', role: 'admin' },
    ]);
    expect(textOf(secret, keysKey)).to.include(textOf(secret, 'admin-key'));
  });
});

describe('a secret of tokens is judged alike by operator and server', () => {
  for (const [title, content] of Object.entries({
    'of 32 bytes': Buffer.alloc(32, 1),
    'of 31 bytes': Buffer.alloc(31, 1),
    'of 32 bytes, with the end of a line': Buffer.from(`${'s'.repeat(32)}\n`),
    'of 31 bytes, with the end of a line': Buffer.from(`${'s'.repeat(31)}\n`),
    'of 31 bytes and one that is two in UTF-8': Buffer.from([...Buffer.alloc(31, 1), 0xfc]),
    'of nothing': Buffer.alloc(0),
  })) {
    it(title, () => {
      const folder = mkdtempSync(join(tmpdir(), 'registry-secret-'));
      const secretFile = join(folder, 'secret');
      writeFileSync(secretFile, content);
      const settings = {
        secretFile,
        jwksUrl: undefined,
        issuer: undefined,
        audience: undefined,
        roleClaim: 'role',
      };
      const open = () => openTokens(settings, openLog({ level: 'silent', format: 'json' })).close();
      try {
        const found = findWrongSecret(content);
        if (found === undefined) open();
        else expect(open, found).to.throw('32 are the least');
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});
