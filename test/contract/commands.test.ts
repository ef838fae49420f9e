import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';
import { desired } from '../../operator/desired/table.ts';
import type { Spec } from '../../operator/registry.ts';
import { blocksOf, commandsOf, guides, read, root, split } from '../build/pages.ts';
import { missingPromtool, promtool } from '../build/promtool.ts';
import { anObserved, aRegistry } from '../build/registry.ts';
import { type RegistryProcess, startRegistryProcess } from '../build/registry-process.ts';
import { isTriedIn, trialOf, trials } from '../docs/trials.ts';
import { type as typeIn } from '../docs/type.ts';

const commands = guides.flatMap((page) => commandsOf(page));

describe('the commands of pages', () => {
  it('are found: over several lines, with quotes, comments and here-documents', () => {
    const text = [
      'kubectl get sr -A   # all of them',
      '# nothing but words',
      "curl a -d '{",
      '  "b": "# no comment"',
      "}'",
      'helm install a b \\',
      '  --set c=d |',
      '  grep e',
      'kubectl apply -f - <<END',
      "a: it's",
      'END',
      '',
      'npm test',
    ].join('\n');
    expect(split(text)).to.deep.equal([
      { text: 'kubectl get sr -A', line: 1 },
      { text: 'curl a -d \'{\n  "b": "# no comment"\n}\'', line: 3 },
      { text: 'helm install a b \\\n  --set c=d |\n  grep e', line: 6 },
      { text: "kubectl apply -f - <<END\na: it's\nEND", line: 9 },
      { text: 'npm test', line: 13 },
    ]);
    const page =
      'Say `helm upgrade`, or `kubectl get sr -A`.\n\n```console\n$ a b\nc\n$ d\n```\n\n```sh\ne\nf\n```\n\n```json\n1\n```\n';
    expect(commandsOf('a.md', page)).to.deep.equal([
      { page: 'a.md', line: 1, text: 'kubectl get sr -A' },
      { page: 'a.md', line: 4, text: 'a b', answer: 'c' },
      { page: 'a.md', line: 6, text: 'd', answer: '' },
      { page: 'a.md', line: 10, text: 'e' },
      { page: 'a.md', line: 11, text: 'f', answer: '1' },
    ]);
  });

  it('are each tried somewhere, or it is said why they are not', () => {
    const untried = commands.filter((command) => trialOf(command) === undefined);
    expect(
      untried.map(({ page, line, text }) => `${page}:${line}: ${text}`),
      'each needs a row in test/docs/trials.ts',
    ).to.deep.equal([]);
  });

  for (const [pattern, trial] of trials) {
    it(`are of the kind ${pattern}, as test/docs/trials.ts says`, () => {
      const first = commands.find(({ text }) => trials.find(([one]) => one.test(text))?.[0] === pattern);
      expect(first, 'no page has one any more').not.to.equal(undefined);
      if ('not' in trial) expect(trial.not.split(' ').length).to.be.at.least(3);
      if (!('by' in trial)) return;
      expect(existsSync(join(root, trial.by)), trial.by).to.equal(true);
      expect(read(trial.by)).to.include(trial.word);
    });
  }
});

describe('what pages say to type to a registry', function () {
  this.timeout(90_000);
  let server: RegistryProcess;
  before(async () => {
    server = await startRegistryProcess();
  });
  after(() => server?.stop());

  for (const page of guides) {
    const typed = commandsOf(page).filter(isTriedIn('registry'));
    if (typed.length === 0) continue;
    it(page, async () => {
      // A context is a registry of its own, with ids from 1 on, so each page finds an empty one.
      const url = `${server.url}/contexts/.${page.replaceAll(/\W/g, '-')}`;
      const wrong = await typeIn(typed, {
        prelude: `curl() { command curl --fail-with-body "$@" && echo; }\nregistry() { '${process.execPath}' registry-server/cli/main.ts "$@"; }`,
        environment: { URL: url },
        filledIn: [
          ['localhost:8080', url],
          ['localhost:9091', server.metricsUrl.replace('/metrics', '')],
        ],
      });
      expect(wrong).to.deep.equal([]);
    });
  }
});

describe('what pages show', () => {
  for (const page of guides) {
    const blocks = blocksOf(page);
    for (const { line, text } of blocks.filter(({ language }) => language === 'yaml'))
      it(`${page}:${line} is YAML`, () => {
        for (const document of parseAllDocuments(text)) expect(document.errors).to.deep.equal([]);
      });
    for (const { line, text } of blocks.filter(({ language }) => language === 'yaml'))
      if (text.startsWith('spec:'))
        it(`${page}:${line} is a spec that the operator carries out`, () => {
          const { spec } = parse(text) as { spec: Spec };
          // The Secrets that it names are the reader's.
          const isOfReader = /there is no Secret|allowed-for/;
          try {
            desired(aRegistry(spec), anObserved());
          } catch (error) {
            expect((error as Error).message).to.match(isOfReader);
          }
        });
    for (const { line, text } of blocks.filter(({ language }) => language === 'json'))
      it(`${page}:${line} is JSON`, () => expect(() => JSON.parse(text)).not.to.throw());
  }

  it(`has no query that Prometheus cannot read${missingPromtool ? ` (${missingPromtool})` : ''}`, function () {
    this.timeout(90_000);
    if (missingPromtool !== undefined) this.skip();
    const queries = guides
      .flatMap((page) => blocksOf(page))
      .filter(({ language }) => language === 'promql')
      .flatMap(({ text }) => text.split('\n').filter((line) => line.trim() !== ''));
    expect(queries.length).to.be.above(30);
    const rules = queries.map((expr, index) => ({ record: `query:${index}`, expr }));
    promtool(['check', 'rules', 'rules.yaml'], { 'rules.yaml': { groups: [{ name: 'pages', rules }] } });
  });
});
