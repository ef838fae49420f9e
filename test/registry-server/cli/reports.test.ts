import { expect } from 'chai';
import { completionScript, shells } from '../../../registry-server/cli/completion-script.ts';
import { diffLines, unified } from '../../../registry-server/cli/diff-lines.ts';
import { fileNameOf } from '../../../registry-server/cli/file-name.ts';
import { findings } from '../../../registry-server/cli/findings.ts';
import { prettySchema } from '../../../registry-server/cli/pretty-schema.ts';
import type { CheckResult } from '../../../registry-server/cli/reports/report.ts';
import { reports } from '../../../registry-server/cli/reports/table.ts';
import { verbs } from '../../../registry-server/cli/table.ts';
import { pick, type Random, roundsOr, seeded } from '../../build/random.ts';

/** Both ends are among them. */
const integer = (random: Random, least: number, most: number) => least + random.below(most - least + 1);

const good: CheckResult = {
  subject: 'orders',
  file: 'schemas/order.avsc',
  verdict: 'compatible',
  against: 'level',
  level: 'FULL',
  messages: [],
};
const bad: CheckResult = {
  ...good,
  subject: 'a<b>&"c"',
  file: 'my schemas/50%,x:y.json',
  verdict: 'incompatible',
  messages: [
    "{errorType:'TYPE_CHANGED', description:'The type at path '#/a' has changed\n::error::no', additionalInfo:'#/a'}",
    '{oldSchemaVersion: 4}',
    "{oldSchema: '{}'}",
    "{validateFields: 'false', compatibility: 'FULL'}",
  ],
};
const unchecked: CheckResult = { ...good, verdict: 'unchecked', messages: ['not yet \u0001'] };

describe('a report of checks', () => {
  it('is a line for each file, and what is wrong, for a person', () =>
    expect(reports.text([good, bad])).to.equal(
      '✓ orders (schemas/order.avsc): compatible\n' +
        '✗ a<b>&"c" (my schemas/50%,x:y.json): incompatible under FULL\n' +
        "    The type at path '#/a' has changed\\u000a::error::no (TYPE_CHANGED)\n" +
        '    Compared with version 4.\n' +
        '2 files, of which 1 not compatible\n',
    ));

  it('has every message for a program', () =>
    expect(JSON.parse(reports.json([good, bad]))).to.deep.equal({ ok: false, results: [good, bad] }));

  it('is one command for each bad file for GitHub, which nothing in it can end or follow', () => {
    const lines = reports.github([good, bad]).split('\n');
    expect(lines[0]).to.equal(
      '::error file=my schemas/50%25%2Cx%3Ay.json,title=a<b>&"c"%3A incompatible under FULL::' +
        "The type at path '#/a' has changed%0A::error::no (TYPE_CHANGED)%0ACompared with version 4.",
    );
    expect(lines.slice(1).filter((line) => line.trimStart().startsWith('::'))).to.deep.equal([]);
  });

  it('is XML for JUnit: what is wrong is a failure, what was not checked an error', () => {
    const xml = reports.junit([good, bad, unchecked]);
    expect(xml).to.include('<testsuites name="registry check" tests="3" failures="1" errors="1" time="0">');
    expect(xml).to.include(
      '<testcase name="a&lt;b&gt;&amp;&quot;c&quot;" classname="my schemas/50%,x:y.json"',
    );
    expect(xml).to.include('<error message="unchecked" type="unchecked">not yet \ufffd</error>');
    expect(xml).to.include(
      'has changed&#10;::error::no (TYPE_CHANGED)&#10;Compared with version 4.</failure>',
    );
  });

  it('is SARIF 2.1.0 with a place in a file for each result', () => {
    const { version, runs } = JSON.parse(reports.sarif([good, bad, unchecked]));
    expect(version).to.equal('2.1.0');
    expect(runs).to.have.lengthOf(1);
    const [{ tool, results }] = runs;
    expect(results).to.have.lengthOf(2);
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex].id).to.equal(ruleId);
    expect(results[0].locations[0].physicalLocation.artifactLocation.uri).to.equal(
      'my%20schemas/50%25%2Cx%3Ay.json',
    );
  });

  it('leaves what it does not know as it is', () =>
    expect(findings(['something else', "{oldSchema: '{}'}"])).to.deep.equal(['something else']));
});

describe('what the command shows of schemas', () => {
  it('differs from what is stored in white space alone, for any JSON', () => {
    const random = seeded(7);
    const value = (depth: number): unknown => {
      const kind = integer(random, 0, depth === 0 ? 3 : 5);
      if (kind === 4) return Array.from({ length: integer(random, 0, 3) }, () => value(depth - 1));
      if (kind === 5)
        return Object.fromEntries(
          Array.from({ length: integer(random, 0, 3) }, (_, index) => [
            `${pick(random, ['a', '"', '\\', '{', '__proto__', '\u2028', ' : '])}${index}`,
            value(depth - 1),
          ]),
        );
      return pick(random, ['[{,:}]', '\\"', 1.5, -0, 1e300, true, null, '']);
    };
    for (let round = 0; round < roundsOr(300); round++) {
      const text = JSON.stringify(value(4));
      const pretty = prettySchema({ schema: text, schemaType: 'JSON' });
      expect(JSON.stringify(JSON.parse(pretty))).to.equal(text);
      expect(pretty).to.equal(JSON.stringify(JSON.parse(text), null, 2));
      expect(prettySchema({ schema: pretty, schemaType: 'JSON' })).to.equal(pretty);
    }
  });

  it('loses and invents no line in a comparison', () => {
    const random = seeded(11);
    const lines = () =>
      Array.from({ length: integer(random, 0, 12) }, () => pick(random, ['a', 'b', 'c', '']));
    for (let round = 0; round < roundsOr(500); round++) {
      const [before, after] = [lines(), lines()];
      const found = diffLines(before, after);
      const without = (kind: string) => found.filter((line) => line.kind !== kind).map(({ text }) => text);
      expect([without('+'), without('-')]).to.deep.equal([before, after]);
      expect(unified(found).length > 0).to.equal(
        before.join('\n') !== after.join('\n') || before.length !== after.length,
      );
    }
  });

  it('is a file name that stays in its folder, for any subject', () => {
    const random = seeded(13);
    const parts = [
      '..',
      '/',
      '\\',
      ':',
      '.',
      'con',
      'a',
      'Ü',
      '\u0000',
      ' ',
      '%',
      '-',
      '🙂',
      'nul.',
      'x'.repeat(150),
    ];
    const names = new Map<string, string>();
    for (let round = 0; round < roundsOr(2_000); round++) {
      const subject = Array.from({ length: integer(random, 1, 6) }, () => pick(random, parts)).join('');
      const name = fileNameOf(subject);
      expect(name)
        .to.match(/^(?![.-])[A-Za-z0-9_.%~-]{1,200}(?<!\.)$/)
        .and.not.to.match(/^(con|nul)(\.|$)/i);
      expect(names.get(name) ?? subject).to.equal(subject);
      names.set(name, subject);
    }
  });
});

describe('the completion of a shell', () => {
  for (const shell of shells)
    it(`has every verb and flag, in ${shell}`, () => {
      const script = completionScript(shell, verbs);
      for (const { name, options = [] } of verbs) {
        for (const word of name.split(' ')) expect(script).to.include(word);
        for (const { flags } of options) {
          const flag = /--([a-z-]+)/.exec(flags)?.[1] ?? '';
          expect(script).to.include(shell === 'fish' ? `-l ${flag}` : `--${flag}`);
        }
      }
    });
});
