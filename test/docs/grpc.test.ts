import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { findGoTool } from '../build/go-tool.ts';
import { commandsOf, guides } from '../build/pages.ts';
import { type RegistryProcess, startRegistryProcess } from '../build/registry-process.ts';
import { isTriedIn } from './trials.ts';
import { type as typeIn } from './type.ts';

const tool = { command: 'github.com/fullstorydev/grpcurl/cmd/grpcurl', version: 'v1.9.3' };

describe('what pages say to type to a registry that speaks gRPC', function () {
  this.timeout(60_000);
  let server: RegistryProcess;
  let folder: string;
  before(async function () {
    this.timeout(15 * 60_000); // The first build.
    const found = findGoTool(tool);
    if ('reason' in found) {
      process.stderr.write(`    skipped: ${found.reason}\n`);
      return this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), 'grpcurl-'));
    symlinkSync(found.program, join(folder, 'grpcurl'));
    server = await startRegistryProcess();
  });
  after(async () => {
    await server?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  for (const page of guides) {
    const typed = commandsOf(page).filter(isTriedIn('grpc'));
    if (typed.length === 0) continue;
    it(page, async () => {
      const environment = {
        PATH: [folder, dirname(process.execPath), process.env.PATH].join(':'),
        KEY: 'a key',
        TOKEN: 'a token',
      };
      const filledIn = [['localhost:9090', server.grpcAddress]] as const;
      expect(await typeIn(typed, { environment, filledIn })).to.deep.equal([]);
    });
  }
});
