import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parse } from 'yaml';
import { run } from '../../../hack/cluster/run.ts';
import { InvalidSchema } from '../../../registry-server/schema-types/invalid-schema.ts';
import { protobuf } from '../../../registry-server/schema-types/protobuf.ts';
import { type ProtoFiles, someProtoFiles } from '../../build/generate/proto-files.ts';
import { findPython } from '../../build/python.ts';
import { roundsOr, seeded } from '../../build/random.ts';

interface Case {
  readonly compiles: boolean;
  readonly files: ProtoFiles;
}

const cases: readonly Case[] = parse(
  readFileSync(new URL('../../cases/protoc.yaml', import.meta.url), 'utf8'),
);
const script = fileURLToPath(new URL('../../clients/protoc-verdicts.py', import.meta.url));

/** Why a registration under `validateFields` would refuse the first file; empty when it would not. */
function verdictOf(files: ProtoFiles): string {
  const [[, main = ''] = [], ...others] = Object.entries(files);
  const references = others.map(([name, schema]) => ({ name, subject: name, version: 1, schema }));
  try {
    return protobuf.parse(main, references).findFault('always', true) ?? '';
  } catch (error) {
    if (error instanceof InvalidSchema) return error.message;
    throw error;
  }
}

const mainOf = (files: ProtoFiles): string => Object.values(files)[0] ?? '';

describe('Protobuf under validateFields', () => {
  for (const { compiles, files } of cases) {
    const title = mainOf(files).replace(/\s+/g, ' ').slice(0, 200);
    it(`${compiles ? 'takes' : 'refuses'} ${title}`, () => {
      const verdict = verdictOf(files);
      if (compiles) expect(verdict).to.equal('');
      else expect(verdict).not.to.equal('');
    });
  }

  it('has no two cases of the same files', () => {
    expect(new Set(cases.map(({ files }) => JSON.stringify(files))).size).to.equal(cases.length);
  });
});

describe('protoc', function () {
  this.timeout(10 * 60_000); // The first time packages are installed.
  let python: string;
  const random = seeded();
  const count = roundsOr(300);

  before(async function () {
    const found = await findPython('grpc');
    if ('reason' in found) {
      process.stderr.write(`    skipped: ${found.reason}\n`);
      return this.skip();
    }
    python = found.python;
  });

  const compile = async (all: readonly ProtoFiles[]): Promise<readonly string[]> =>
    JSON.parse(await run(python, [script], { input: JSON.stringify(all) }));

  it('says the same of each case', async () => {
    const verdicts = await compile(cases.map(({ files }) => files));
    const wrong = cases.flatMap(({ compiles, files }, index) =>
      compiles === (verdicts[index] === '') ? [] : [`${mainOf(files)}: ${verdicts[index]}`],
    );
    expect(wrong).to.deep.equal([]);
  });

  it('says the same of generated files, whether they compile or not', async () => {
    const all = Array.from({ length: count }, () => someProtoFiles(random));
    const verdicts = await compile(all);
    for (const [index, files] of all.entries()) {
      const [theirs = '', ours] = [verdicts[index], verdictOf(files)];
      const told = `TEST_SEED=${random.seed}\n${mainOf(files)}\nprotoc: ${theirs}\nhere: ${ours}\n`;
      expect(ours === '', told).to.equal(theirs === '');
    }
    const taken = verdicts.filter((verdict) => verdict === '').length;
    expect(Math.min(taken, all.length - taken)).to.be.above(all.length / 10);
  });
});

describe('generated Protobuf files', () => {
  const random = seeded();

  it('are taken or refused, and shown, in a form that is read as the same', () => {
    for (let round = 0; round < roundsOr(300); round++) {
      const files = someProtoFiles(random);
      const [[, main = ''] = [], ...others] = Object.entries(files);
      const references = others.map(([name, schema]) => ({ name, subject: name, version: 1, schema }));
      const told = `TEST_SEED=${random.seed}\n${main}`;
      let parsed: ReturnType<typeof protobuf.parse>;
      try {
        parsed = protobuf.parse(main, references);
      } catch (error) {
        expect(error, told).to.be.instanceOf(InvalidSchema);
        continue;
      }
      const again = protobuf.parse(parsed.canonical(), references);
      expect(again.canonical(), told).to.equal(parsed.canonical());
      if (parsed.findFault('always', true) !== undefined) continue;
      expect(again.normalized(), told).to.equal(parsed.normalized());
      expect(again.findFault('always', true), told).to.equal(undefined);
      const bytes = protobuf.parse(parsed.formatted('serialized'), references);
      expect(bytes.normalized(), told).to.equal(parsed.normalized());
      expect(protobuf.incompatibilities(bytes, parsed), told).to.deep.equal([]);
    }
  });
});
