import { absolute, connectionFrom, readUrls } from '../connection.ts';
import { Problem } from '../problem.ts';
import {
  defaultProfile,
  type Profile,
  profilesFile,
  readProfileName,
  readProfiles,
  writeProfiles,
} from '../profiles.ts';
import { openRegistry } from '../registry-client.ts';
import { shown } from '../shown.ts';
import type { Given, Verb, World } from '../verb.ts';

export const login: Verb = {
  name: 'login',
  summary: 'keep the URL and the credentials of a registry in a profile',
  details:
    'The password, token or key is asked for, or read from stdin; never from the command line, which others can see. It is tried before it is kept, in a file that you alone can read. --ca-file, --cert-file, --key-file and --context are kept too.',
  options: [
    { flags: '--user <name>', description: 'basic authentication with this user name' },
    { flags: '--bearer', description: 'a token, for Authorization: Bearer' },
    { flags: '--api-key', description: 'an API key' },
    { flags: '--api-key-header <name>', description: 'the header that carries it (X-API-Key)' },
    { flags: '--no-check', description: 'keep it without asking the registry' },
  ],
  examples: [
    ['registry login --url https://registry.example.com --user ada', 'asks for the password'],
    ['registry login --url https://registry.example.com --api-key < key.txt', 'takes the key from a file'],
  ],
  async run(world, given) {
    const { terminal, environment } = world;
    const file = profilesFile(environment);
    const profiles = readProfiles(file);
    const name = readProfileName(given.connection.profile ?? defaultProfile);
    const profile = await readProfile(world, given);
    const url = readUrls(profile.url)[0];
    if (!given.isSet('no-check')) await tryOut(world, given, profile);
    writeProfiles(file, new Map([...profiles, [name, profile]]));
    terminal.say(`${shown(profile.url)} is kept as the profile "${name}" in ${shown(file)}.`);
    const isLocal = /^(localhost|127\..*|\[::1\])$/.test(url?.hostname ?? '');
    if (url?.protocol === 'http:' && hasSecret(profile) && !isLocal)
      terminal.say('The connection is not encrypted: whoever is on the way can read the credentials.');
    return undefined;
  },
};

const hasSecret = ({ password, bearerToken, apiKey }: Profile): boolean =>
  (password ?? bearerToken ?? apiKey) !== undefined;

async function readProfile({ terminal, environment }: World, given: Given): Promise<Profile> {
  const { url: flag, context, caFile, certFile, keyFile } = given.connection;
  const url =
    flag ?? environment.SCHEMA_REGISTRY_URL ?? (terminal.canAsk ? await terminal.ask('URL: ') : undefined);
  if (!url) throw new Problem('Give --url with the URL of the registry.');
  for (const each of readUrls(url))
    if (each.username !== '' || each.password !== '')
      throw new Problem(
        'Leave user and password out of the URL; --user names the user, and the password is asked for.',
      );
  const user = given.text('user');
  const ways = [user !== undefined, given.isSet('bearer'), given.isSet('api-key')].filter(Boolean).length;
  if (ways > 1) throw new Problem('Give one of --user, --bearer and --api-key.');
  if (user?.includes(':')) throw new Problem('The name of a user cannot have ":" in it.');
  const what = user !== undefined ? 'Password' : given.isSet('bearer') ? 'Token' : 'API key';
  const secret =
    ways === 0
      ? undefined
      : terminal.canAsk
        ? await terminal.askSecret(`${what}: `)
        : await terminal.readInput();
  if (secret === '') throw new Problem(`${what} is empty; type it, or send it on stdin.`);
  const profile: Profile = {
    url,
    context,
    user,
    password: user === undefined ? undefined : secret,
    bearerToken: given.isSet('bearer') ? secret : undefined,
    apiKey: given.isSet('api-key') ? secret : undefined,
    apiKeyHeader: given.text('api-key-header'),
    caFile: absolute(caFile ?? environment.SCHEMA_REGISTRY_SSL_CA_LOCATION),
    certFile: absolute(certFile ?? environment.SCHEMA_REGISTRY_SSL_CERTIFICATE_LOCATION),
    keyFile: absolute(keyFile ?? environment.SCHEMA_REGISTRY_SSL_KEY_LOCATION),
  };
  return profile;
}

/** @throws Problem with what the registry says; nothing is kept then */
async function tryOut({ environment }: World, given: Given, profile: Profile): Promise<void> {
  // What the environment has of credentials is not what is to be kept.
  const { SCHEMA_REGISTRY_SSL_KEY_PASSWORD } = environment;
  const connection = connectionFrom(
    { timeout: given.connection.timeout },
    { SCHEMA_REGISTRY_SSL_KEY_PASSWORD },
    new Map([[defaultProfile, profile]]),
  );
  await openRegistry(connection).ask('GET', ['subjects'], {
    query: { limit: 1, subjectPrefix: 'registry-login-' },
  });
}
