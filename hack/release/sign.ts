import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from '../cluster/report.ts';
import { run } from '../cluster/run.ts';

/**
 * Signs files with cosign, each into `FILE.sigstore.json`: by the key in COSIGN_KEY (a file, or a URI of a key management
 * service), or by the identity of the workflow that runs. Without either nothing is signed, and that is said. Needs cosign 2.6 or later.
 */
export async function sign(folder: string, files: readonly string[], report: Report): Promise<void> {
  const { COSIGN_KEY, ACTIONS_ID_TOKEN_REQUEST_URL } = process.env;
  if (!COSIGN_KEY && !ACTIONS_ID_TOKEN_REQUEST_URL)
    return report('Not signed: neither COSIGN_KEY nor the identity of a workflow is there');
  const work = mkdtempSync(join(tmpdir(), 'sign-'));
  try {
    const config = join(work, 'signing-config.json');
    writeFileSync(config, JSON.stringify(withoutLog));
    const by = COSIGN_KEY ? ['--key', COSIGN_KEY, '--signing-config', config] : [];
    for (const file of files) {
      report(`Signing ${file}`);
      const path = join(folder, file);
      await run('cosign', ['sign-blob', '--yes', ...by, '--bundle', `${path}.sigstore.json`, path]);
    }
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** A key that is nobody's but ours leads to no public log. What `cosign signing-config create` writes where it is told of no service. */
const withoutLog = {
  mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
  rekorTlogConfig: {},
  tsaConfig: {},
};
