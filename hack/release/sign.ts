import { join } from 'node:path';
import type { Report } from '../cluster/report.ts';
import { run } from '../cluster/run.ts';

/**
 * Signs files with cosign, each into `FILE.sigstore.json`: by the key in COSIGN_KEY (a file, or a URI of a key management
 * service), or by the identity of the workflow that runs. Without either nothing is signed, and that is said.
 */
export async function sign(folder: string, files: readonly string[], report: Report): Promise<void> {
  const { COSIGN_KEY, ACTIONS_ID_TOKEN_REQUEST_URL } = process.env;
  if (!COSIGN_KEY && !ACTIONS_ID_TOKEN_REQUEST_URL)
    return report('Not signed: neither COSIGN_KEY nor the identity of a workflow is there');
  // A key that is nobody's but ours leads to no public log.
  const by = COSIGN_KEY ? ['--key', COSIGN_KEY, '--tlog-upload=false'] : [];
  for (const file of files) {
    report(`Signing ${file}`);
    const path = join(folder, file);
    await run('cosign', ['sign-blob', '--yes', ...by, '--bundle', `${path}.sigstore.json`, path]);
  }
}
