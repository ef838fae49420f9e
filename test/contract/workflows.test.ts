import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parse } from 'yaml';
import packageJson from '../../package.json' with { type: 'json' };

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly uses?: string;
  readonly steps?: readonly Step[];
  readonly needs?: string | readonly string[];
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly unknown[]>> };
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: object;
  readonly concurrency?: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFileSync(`${root}${path}`, 'utf8');
const workflows = readdirSync(`${root}.github/workflows`).map((file) => {
  const text = read(`.github/workflows/${file}`);
  return { file, text, workflow: parse(text) as Workflow };
});
const workflowOf = (name: string) =>
  workflows.find(({ file }) => file === `${name}.yml`)?.workflow as Workflow;

/** What the scripts of a step are called; undefined where it does anything else. */
function scriptsOf(run: string, { strategy }: Job): readonly string[] | undefined {
  // The gate has nothing to do but to fail.
  if (run === 'npm ci' || run === 'exit 1') return [];
  const [, start, name, variable] =
    /^npm (?:(test|start)|run (?:([a-z][a-z:-]*)|"\$\{([A-Z]+)\}"))(?: -- .+)?$/.exec(run) ?? [];
  if (variable !== undefined) return strategy?.matrix[variable.toLowerCase()] as string[] | undefined;
  const found = start ?? name;
  return found === undefined ? undefined : [found];
}

describe('the workflows', () => {
  it('there are those of changes, images, releases, security, load and the site', () => {
    expect(workflows.map(({ file }) => file).sort()).to.deep.equal([
      'ci.yml',
      'images.yml',
      'load.yml',
      'release.yml',
      'security.yml',
      'site.yml',
    ]);
  });

  for (const { file, text, workflow } of workflows) {
    describe(file, () => {
      const jobs = Object.entries(workflow.jobs);
      const steps = jobs.flatMap(([, { steps: ofJob = [] }]) => ofJob);

      it('takes every action by its digest, with the version beside it', () => {
        const used = [...text.matchAll(/uses: *(\S+)(.*)$/gm)].filter(([, what]) => !what?.startsWith('./'));
        expect(used).not.to.have.lengthOf(0);
        for (const [line, what = '', comment = ''] of used) {
          expect(what, line).to.match(/^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/);
          expect(comment, line).to.match(/^ # v\d+\.\d+\.\d+$/);
        }
      });

      it('runs scripts of package.json alone', () => {
        for (const [name, job] of jobs) {
          for (const { run } of job.steps ?? []) {
            if (run === undefined) continue;
            const scripts = scriptsOf(run, job);
            expect(scripts, `${name}: ${run}`).not.to.equal(undefined);
            for (const script of scripts ?? [])
              expect(packageJson.scripts, `${name}: ${run}`).to.have.property(script);
          }
        }
      });

      it('puts nothing of a branch, a title or an input into a shell', () => {
        for (const { run = '' } of steps) expect(run).not.to.contain('${{');
      });

      it('gives no right to all jobs, and each job says its own', () => {
        expect(workflow.permissions).to.deep.equal({});
        for (const [name, { permissions }] of jobs) expect(permissions, name).to.be.an('object');
      });

      it('has an end for each job, and one run at a time for each branch', () => {
        for (const [name, job] of jobs)
          if (job.uses === undefined) expect(job['timeout-minutes'], name).to.be.within(1, 150);
        expect(workflow.concurrency).to.be.an('object');
      });

      it('leaves no token in the checkout', () => {
        const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
        for (const checkout of checkouts) expect(checkout.with?.['persist-credentials']).to.equal(false);
      });

      it('never runs the code of a fork with rights of this repository', () => {
        expect(Object.keys(workflow.on)).not.to.include.members(['pull_request_target']);
        expect(Object.keys(workflow.on)).not.to.include('workflow_run');
        if (!('pull_request' in workflow.on)) return;
        expect(text).not.to.contain('secrets.');
        for (const [name, { permissions = {} }] of jobs)
          for (const [what, right] of Object.entries(permissions))
            if (what !== 'security-events') expect(right, `${name}: ${what}`).to.equal('read');
      });
    });
  }

  it('take one version of each action', () => {
    const versions = new Map<string, Set<string>>();
    for (const { text } of workflows) {
      for (const [, action = '', path = '', version = ''] of text.matchAll(
        /uses: *([\w.-]+\/[\w.-]+)([\w./-]*)@(.+)$/gm,
      )) {
        versions.set(action, (versions.get(action) ?? new Set()).add(version));
        expect(path).to.match(/^(\/.+)?$/);
      }
    }
    for (const [action, found] of versions) expect([...found], action).to.have.lengthOf(1);
  });

  it('wait for every job of ci.yml before a change may be merged', () => {
    const { 'ci-success': gate, ...others } = workflowOf('ci').jobs;
    expect(gate?.needs).to.deep.equal(Object.keys(others));
  });

  it('run every suite of npm test', () => {
    const suites = [...read('hack/test.ts').matchAll(/'(test:[a-z-]+)'/g)].map(([, suite]) => suite);
    const ran = Object.values(workflowOf('ci').jobs).flatMap(({ steps = [] }) =>
      steps.map(({ run = '' }) => run),
    );
    // Coverage runs the unit suite.
    expect(packageJson.scripts.coverage).to.contain('npm run test:programs');
    expect(ran).to.include.members(['npm run check', 'npm run coverage']);
    for (const suite of suites.filter((name) => name !== 'test:programs'))
      expect(ran).to.include(`npm run ${suite}`);
  });

  it('try the Node.js of the images and another, and the oldest and newest Kubernetes that docs/support.md names', () => {
    const { unit, kind } = workflowOf('ci').jobs;
    const [, inImages] = /^ARG NODE_IMAGE=node:(\d+)/m.exec(read('Dockerfile.server')) ?? [];
    expect(unit?.strategy?.matrix.node).to.include(Number(inImages)).and.to.have.length.above(1);
    const [, oldest, newest] =
      /^\| Kubernetes \| (1\.\d+) and later \|.* and of (1\.\d+) \|$/m.exec(read('docs/support.md')) ?? [];
    const tried = kind?.strategy?.matrix.include as { kubernetes: string; image: string }[];
    expect(tried.map(({ kubernetes }) => kubernetes)).to.deep.equal([oldest, newest]);
    for (const { kubernetes, image } of tried)
      expect(image).to.match(
        new RegExp(`^kindest/node:v${kubernetes.replace('.', '\\.')}\\.\\d+@sha256:[0-9a-f]{64}$`),
      );
  });
});
