import { parse } from 'semver';
import { Problem } from '../cluster/problem.ts';

/** @throws Problem that says what a version looks like */
export function parseVersion(text: string): { readonly version: string; readonly isPreRelease: boolean } {
  const parsed = parse(text);
  if (parsed === null || parsed.version !== text)
    throw new Problem(`"${text}" is not a version; write 1.2.3, or 1.2.3-rc.1 for one before it.`);
  return { version: text, isPreRelease: parsed.prerelease.length > 0 };
}

/** The tags of an image: a release moves the shorter ones, and what comes before a release has its own alone. */
export function tagsOf(text: string): string[] {
  const { version, isPreRelease } = parseVersion(text);
  const [major, minor] = version.split('.');
  return isPreRelease ? [version] : [version, `${major}.${minor}`, `${major}`, 'latest'];
}

interface Place {
  readonly path: string;
  /** Around each version in the text. */
  readonly pattern: RegExp;
}

const ofPackage = /(?<="name": "llm-schema-registry",\s+"version": ")[^"]+(?=")/g;

/** Where a version stands; package.json is the one that the others follow. */
export const places: readonly Place[] = [
  { path: 'package.json', pattern: ofPackage },
  { path: 'package-lock.json', pattern: ofPackage },
  { path: 'config/operator/deployment.yaml', pattern: /(?<=ghcr\.io\/llm-schema-registry\/operator:)\S+/g },
  {
    path: 'config/overlays/mirror/kustomization.yaml',
    pattern: /(?<=\/llm-schema-registry\/schema-registry:)\S+/g,
  },
  {
    path: 'docker-compose.yml',
    pattern: /(?<=ghcr\.io\/llm-schema-registry\/schema-registry:|args: \{VERSION: )[^\s}]+/g,
  },
  { path: 'config/chart/Chart.yaml', pattern: /(?<=\n(?:v|appV)ersion: )\S+/g },
];

/** The text of a place with another version. @throws Error where no version stands there any more */
export function withVersion(text: string, { path, pattern }: Place, version: string): string {
  if (text.search(pattern) < 0) throw new Error(`${path}: no version stands where ${pattern} looks for it`);
  return text.replace(pattern, version);
}
