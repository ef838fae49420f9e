import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { findPython } from '../build/python.ts';
import { type RegistryProcess, startRegistryProcess } from '../build/registry-process.ts';

/** `npm run test:openapi` asks for more, and for the phases that take minutes. */
const examples = Number(process.env.OPENAPI_EXAMPLES ?? 10);
const phases = process.env.OPENAPI_PHASES ?? 'examples,fuzzing';
const DEADLINE_SECONDS = 900;

// Not here: checks of what a server may well accept, such as query parameters that it ignores.
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'unsupported_method',
];

describe('requests that are made from the OpenAPI document', function () {
  this.timeout(DEADLINE_SECONDS * 2 * 1000);
  let server: RegistryProcess;
  let schemathesis: string;
  let folder: string;

  before(async function () {
    const found = await findPython('schemathesis');
    if ('reason' in found) {
      process.stderr.write(`    skipped, no schemathesis: ${found.reason}\n`);
      return this.skip();
    }
    schemathesis = join(dirname(found.python), 'schemathesis');
    folder = mkdtempSync(join(tmpdir(), 'registry-schemathesis-'));
    server = await startRegistryProcess();
  });
  after(async () => {
    await server?.stop();
    if (folder) rmSync(folder, { recursive: true });
  });

  // A registry that was made read-only takes no more of what the others send.
  const runs = [
    { title: 'all but modes', filter: ['--exclude-tag', 'Mode'], least: 300 },
    { title: 'modes', filter: ['--include-tag', 'Mode'], least: 50 },
  ];
  for (const { title, filter, least } of runs) {
    it(`get the answers that it promises: ${title}`, async () => {
      const { code, output } = await run(filter);
      const cases = Number(/^ +(\d+) generated/m.exec(output)?.[1]);
      process.stderr.write(`    ${cases} cases\n`);
      const failures = output.slice(Math.max(0, output.search(/^=+ (FAILURES|ERRORS) =+$/m)));
      expect(code, failures.slice(0, 20_000)).to.equal(0);
      expect(cases).to.be.greaterThan(least);
      expect((await fetch(`${server.url}/ready`)).status).to.equal(200);
      expect(server.output()).not.to.include('request failed');
    });
  }

  async function run(filter: readonly string[]): Promise<{ code: number | null; output: string }> {
    const child = spawn(
      schemathesis,
      [
        'run',
        `${server.url}/openapi.json`,
        ...filter,
        ...['--checks', checks.join(',')],
        ...['--phases', phases],
        ...['--max-examples', String(examples)],
        ...['--mode', 'all', '--seed', '1', '--generation-database', 'none', '--no-shrink'],
        ...['--continue-on-failure', '--request-timeout', '20', '--warnings', 'off', '--no-color'],
      ],
      { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], timeout: DEADLINE_SECONDS * 1000 },
    );
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output };
  }
});
