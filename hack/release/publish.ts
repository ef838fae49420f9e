import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Problem } from '../cluster/problem.ts';
import type { Report } from '../cluster/report.ts';
import { run } from '../cluster/run.ts';
import { parseVersion, tagsOf } from './version.ts';

/** Where to, and as whom. GitHub's workflows have all of it in their environment. */
export interface Destination {
  /** Such as https://api.github.com. */
  readonly apiUrl: string;
  /** `owner/name`. */
  readonly repository: string;
  readonly user: string;
  readonly token: string;
  /** Whether images can be signed by the identity of a workflow. */
  readonly hasIdentity: boolean;
}

interface Image {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
}

/**
 * Publishes a folder that `npm run release` has made: its images with all their tags, and a release of GitHub with all other
 * files. The release is a draft until everything is there, so nobody sees half of it.
 * @param execute runs skopeo and cosign
 * @throws Problem where the folder or GitHub is not as it must be
 */
export async function publish(
  folder: string,
  destination: Destination,
  report: Report,
  execute: typeof run = run,
): Promise<void> {
  const images = imagesIn(folder);
  const { version, isPreRelease } = parseVersion(images[0]?.version ?? '');
  const draft = await ask(
    destination,
    'POST',
    `${destination.apiUrl}/repos/${destination.repository}/releases`,
    {
      tag_name: `v${version}`,
      name: `v${version}`,
      body: readFileSync(join(folder, 'notes.md'), 'utf8'),
      draft: true,
      prerelease: isPreRelease,
    },
  );
  for (const file of readdirSync(folder)
    .filter((name) => name !== 'notes.md')
    .sort()) {
    report(`Uploading ${file}`);
    const url = `${draft.upload_url.replace(/\{.*$/, '')}?name=${encodeURIComponent(file)}`;
    await ask(destination, 'POST', url, readFileSync(join(folder, file)));
  }
  await push(folder, images, destination, report, execute);
  report('Publishing the release');
  await ask(destination, 'PATCH', draft.url, { draft: false });
}

/** @throws Problem where there are none, or of more than one version */
function imagesIn(folder: string): Image[] {
  const lines = readFileSync(join(folder, 'images.txt'), 'utf8').trim().split('\n');
  const images = lines.map((line) => {
    const [, name = '', version = '', digest = ''] = /^(.+):([^:@]+)@(sha256:[0-9a-f]{64})$/.exec(line) ?? [];
    if (name === '') throw new Problem(`images.txt: "${line}" is not name:version@sha256:…`);
    return { name, version, digest };
  });
  if (new Set(images.map(({ version }) => version)).size !== 1)
    throw new Problem('images.txt has images of more than one version.');
  return images;
}

async function push(
  folder: string,
  images: readonly Image[],
  { user, token, hasIdentity }: Destination,
  report: Report,
  execute: typeof run,
): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'publish-'));
  // Not among the arguments of a process, where others see it.
  const authFile = join(home, 'config.json');
  const auth = Buffer.from(`${user}:${token}`).toString('base64');
  const registries = new Set(images.map(({ name }) => name.split('/')[0] ?? ''));
  writeFileSync(
    authFile,
    JSON.stringify({ auths: Object.fromEntries([...registries].map((each) => [each, { auth }])) }),
    {
      mode: 0o600,
    },
  );
  try {
    for (const { name, version, digest } of images) {
      const archive = join(folder, `${basename(name)}-${version}.oci.tar`);
      for (const tag of tagsOf(version)) {
        report(`Pushing ${name}:${tag}`);
        await execute('skopeo', [
          ...['copy', '--all', '--preserve-digests', '--authfile', authFile],
          ...[`oci-archive:${archive}:${tag}`, `docker://${name}:${tag}`],
        ]);
      }
      if (!hasIdentity) continue;
      report(`Signing ${name}@${digest}`);
      await execute('cosign', ['sign', '--yes', `${name}@${digest}`], { env: { DOCKER_CONFIG: home } });
    }
  } finally {
    rmSync(home, { recursive: true });
  }
}

/** What GitHub answers. @throws Problem with its words */
async function ask(
  { token }: Destination,
  method: 'POST' | 'PATCH',
  url: string,
  body: object,
): Promise<{ readonly url: string; readonly upload_url: string }> {
  const isFile = body instanceof Uint8Array;
  const response = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/vnd.github+json',
      'content-type': isFile ? 'application/octet-stream' : 'application/json',
      'x-github-api-version': '2022-11-28',
    },
    body: isFile ? new Blob([body as Uint8Array<ArrayBuffer>]) : JSON.stringify(body),
  });
  if (!response.ok)
    throw new Problem(`${method} ${url} was answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as { url: string; upload_url: string };
}
