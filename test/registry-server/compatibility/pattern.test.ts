import { expect } from 'chai';
import { compileLinear } from '../../../registry-server/compatibility/json-schema/linear-expression.ts';
import { Patterns } from '../../../registry-server/compatibility/json-schema/pattern.ts';
import { pick, type Random, seeded } from '../../build/random.ts';

const fits = (pattern: string, name: string) => new Patterns(() => {}).fits(pattern, name);

describe('patterns of users', () => {
  const cases: readonly [pattern: string, name: string, fits: boolean][] = [
    ['^x-', 'x-rate', true],
    ['^x-', 'ax-rate', false],
    ['b', 'abc', true],
    ['', 'anything', true],
    ['^[a-z_]+$', 'snake_case', true],
    ['^(a|b)*c?$', 'abab', true],
    ['^\\p{Lu}', 'Äpfel', true],
    ['^.$', '😀', true],
    ['^\\d{2,3}$', '1234', false],
    // Valid only outside of Unicode mode.
    ['^a\\-b$', 'a-b', true],
    ['^a{,2}$', 'a{,2}', true],
    ['(', 'a', false],
    ['^(?!x)', 'y', true],
    ['^(?!x)', 'x', false],
    ['^(.)\\1$', 'aa', true],
    ['^(?<year>\\d{4})$', '2026', true],
    ['\\bcat\\b', 'a cat sat', true],
    ['\\Bcat', 'a cat', false],
  ];
  for (const [pattern, name, expected] of cases) {
    it(`/${pattern}/ ${expected ? 'fits' : 'does not fit'} "${name}"`, () => {
      expect(fits(pattern, name)).to.equal(expected);
    });
  }

  it('are answered where V8 would try for years', () => {
    const name = `${'a'.repeat(5_000)}!`;
    for (const pattern of ['^(a+)+$', '^(a|aa)+$', '^(.*)*x$', '(a*)*b', '^(([a-z])+.)+[A-Z]([a-z])+$']) {
      expect(fits(pattern, name), pattern).to.equal(false);
    }
  });

  it('end with an error where only V8 can do it and it takes too long', () => {
    expect(() => fits('^(?=(a+)+$)', `${'a'.repeat(40)}!`)).to.throw(RangeError, 'takes too long');
  });

  it('are not compiled to more than memory can hold', () => {
    expect(compileLinear('(((a{1000}){1000}){1000}){1000}', 'u')).to.equal(undefined);
    expect(fits('^((){1000000000}){1000000000}$', '')).to.equal(true);
  });

  it('mean what they mean in V8: 2,000 random ones', () => {
    const random = seeded();
    for (let round = 0; round < 2_000; round++) {
      // Deeper ones take V8 seconds now and then, and longer texts too.
      const source = randomPattern(random, 2);
      const linear = compileLinear(source, 'u');
      const expression = new RegExp(source, 'u');
      for (let word = 0; word < 10; word++) {
        const text = Array.from({ length: random.below(6) }, () =>
          pick(random, ['a', 'b', 'c', '1', '_', ' ']),
        ).join('');
        expect(
          linear?.test(text, () => {}),
          `${random.seed}: /${source}/ on "${text}"`,
        ).to.equal(expression.test(text));
      }
    }
  });
});

function randomPattern(random: Random, depth: number): string {
  const atom = (): string => {
    const simple = ['a', 'b', 'c', '.', '[ab]', '[^a]', '\\d', '\\w', '\\s', '^', '$', '\\b', '\\B'];
    if (depth === 0 || random.below(3) > 0) return pick(random, simple);
    return `(${pick(random, ['', '?:'])}${randomPattern(random, depth - 1)})`;
  };
  const term = (): string => {
    const one = atom();
    if (/^(?:\^|\$|\\b|\\B)$/.test(one)) return one;
    return one + pick(random, ['', '', '', '*', '+', '?', '{2}', '{1,}', '{0,2}', '*?', '+?']);
  };
  const sequence = () => Array.from({ length: random.below(4) }, term).join('');
  return Array.from({ length: 1 + random.below(2) }, sequence).join('|');
}
