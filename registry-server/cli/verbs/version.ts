import { version as clientVersion } from '../../version.ts';
import { pairs, print } from '../print.ts';
import { Refusal } from '../problem.ts';
import type { RegistryClient } from '../registry-client.ts';
import type { Verb } from '../verb.ts';

export const version: Verb = {
  name: 'version',
  summary: 'show the version of this command and of the registry',
  options: [{ flags: '--client', description: 'of this command alone' }],
  async run({ terminal, registry }, given) {
    const client = given.isSet('client') ? undefined : registry();
    const server = client && (await serverVersion(client));
    const value = { client: clientVersion, server, registry: client?.address, node: process.versions.node };
    print(terminal, given.output, value, () => pairs(value));
    return undefined;
  },
};

async function serverVersion(client: RegistryClient): Promise<string | undefined> {
  try {
    const { version } = await client.ask<{ readonly version: string }>('GET', ['v1', 'metadata', 'version']);
    return version;
  } catch (error) {
    // Older ones do not say.
    if (error instanceof Refusal && error.status === 404) return 'unknown';
    throw error;
  }
}
