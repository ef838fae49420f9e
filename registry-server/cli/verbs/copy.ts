import { readContext, readUrls } from '../connection.ts';
import { copyRegistry } from '../copy/copy-registry.ts';
import { copyText } from '../copy/copy-report.ts';
import { print } from '../print.ts';
import { exitCodes, Problem } from '../problem.ts';
import type { RegistryClient } from '../registry-client.ts';
import { shown } from '../shown.ts';
import type { Given, Verb, World } from '../verb.ts';

const mostAtOnce = 64;
const usuallyAtOnce = 16;
/** With the pauses between them, a minute or so: as long as it takes to start a registry again. */
const attempts = 10;
const prefix = 'FROM_';

export const copy: Verb = {
  name: 'copy',
  summary: 'copy another registry into this one, with its ids',
  details: `Ids, numbers of versions, soft-deleted versions, references, metadata, rules, contexts, configs, aliases and modes are kept. The other registry is only read, and may be any that speaks Confluent's REST API; what it does not answer is left out. Run again after it was ended, it passes over what is there and goes on. It does not begin where this registry has something else under the same ids.

Credentials for the other registry are those of --from-profile, or of the environment, in the same variables with ${prefix} before them, such as ${prefix}SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO.

Ends with 0 when both are the same, 1 where something was not taken or differs, 2 where it could not run.`,
  options: [
    { flags: '--from <url>', description: 'of the registry to copy' },
    { flags: '--from-profile <name>', description: 'what `registry login` has kept of it under this name' },
    { flags: '--from-ca-file <file>', description: 'as --ca-file, for it' },
    { flags: '--from-cert-file <file>', description: 'as --cert-file, for it' },
    { flags: '--from-key-file <file>', description: 'as --key-file, for it' },
    {
      flags: '--contexts <names>',
      description: 'only these, with commas between them; . is the default one',
    },
    {
      flags: '--concurrency <number>',
      description: `so many requests at once (${usuallyAtOnce}), ${mostAtOnce} at most`,
    },
    { flags: '--dry-run', description: 'say what would be copied and what is in the way, and write nothing' },
  ],
  examples: [
    ['registry copy --from https://old.example.com --dry-run', 'what there is to copy'],
    ['registry copy --from https://old.example.com -o json > report.json', 'with a report for a program'],
  ],
  async run(world, given) {
    const contexts = readContexts(given.text('contexts'));
    const requestsAtOnce = readConcurrency(given.text('concurrency'));
    const effort = { requestsAtOnce, attempts };
    const source = openSource(world, given, effort);
    const target = world.open(given.connection, world.environment, effort);
    ensureWhole(source, '--from', 'the other registry');
    ensureWhole(target, '--url', 'this registry');
    if (source.address === target.address)
      throw new Problem(`Both are ${source.address}; --from names the registry that is to be copied.`);
    const { terminal, holdInterrupts } = world;
    const interrupts = { signal: undefined as AbortSignal | undefined };
    try {
      const report = await copyRegistry({
        source,
        target,
        contexts,
        requestsAtOnce,
        isDryRun: given.isSet('dry-run'),
        holdInterrupts: () => {
          interrupts.signal = holdInterrupts();
          return interrupts.signal;
        },
        terminal,
      });
      print(terminal, given.output, report, () => copyText(report));
      if (report.conflicts.length > 0) return exitCodes.failed;
      return report.ok ? exitCodes.done : exitCodes.no;
    } catch (error) {
      if (interrupts.signal?.aborted !== true || error !== interrupts.signal.reason) throw error;
      terminal.say('It was interrupted, and modes are set back. Run again, it goes on where it was.');
      return exitCodes.interrupted;
    }
  },
};

function openSource(world: World, given: Given, effort: Parameters<World['open']>[2]): RegistryClient {
  const url = given.text('from') ?? world.environment[`${prefix}SCHEMA_REGISTRY_URL`];
  const profile = given.text('from-profile');
  if (url === undefined && profile === undefined)
    throw new Problem('It is not said which registry to copy: give --from or --from-profile.');
  if (given.text('from') !== undefined && readUrls(url ?? '').some(({ password }) => password !== ''))
    throw new Problem(
      `A password in --from can be read by everybody on this machine; use --from-profile, or ${prefix}SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO.`,
    );
  const environment = Object.fromEntries(
    Object.entries(world.environment).flatMap(([name, value]) =>
      name.startsWith(`${prefix}SCHEMA_REGISTRY_`) ? [[name.slice(prefix.length), value]] : [],
    ),
  );
  const flags = {
    url,
    profile,
    caFile: given.text('from-ca-file'),
    certFile: given.text('from-cert-file'),
    keyFile: given.text('from-key-file'),
    timeout: given.connection.timeout,
  };
  return world.open(flags, environment, effort);
}

function ensureWhole({ contextPrefix }: RegistryClient, flag: string, which: string): void {
  if (contextPrefix !== undefined)
    throw new Problem(
      `${flag} leads to one context of ${which}; give the URL of all of it, without a context, and --contexts for some.`,
    );
}

function readContexts(text: string | undefined): ReadonlySet<string> | undefined {
  if (text === undefined) return undefined;
  return new Set(text.split(',').map((name) => readContext(name.trim())));
}

function readConcurrency(text: string | undefined): number {
  if (text === undefined) return usuallyAtOnce;
  const number = Number(text);
  if (/^[0-9]{1,3}$/.test(text) && number >= 1 && number <= mostAtOnce) return number;
  throw new Problem(
    `--concurrency ${shown(text, 100)} is not an amount; write a number from 1 to ${mostAtOnce}.`,
  );
}
