import { print } from '../print.ts';
import { Problem, Refusal } from '../problem.ts';
import { readVersion, type WantedVersion } from '../schema.ts';
import { shown } from '../shown.ts';
import type { Given, Verb, World } from '../verb.ts';

/** Error codes of what is soft-deleted already: a subject, a version. */
const alreadyDeleted = [40404, 40406];

// `delete` is a word of the language.
export const deleteSubject: Verb = {
  name: 'delete',
  summary: 'delete a subject, or one version of it',
  details:
    'A deleted schema is hidden, and its id still resolves, so what was written with it can be read. With --permanent it is gone, and what was written with it may become unreadable.',
  arguments: [{ name: '<subject>', description: 'the subject' }],
  options: [
    { flags: '--version <version>', description: 'this version alone: a number, or latest' },
    { flags: '--permanent', description: 'for good, and not only hidden' },
    { flags: '-y, --yes', description: 'do not ask; needed where nobody can be asked' },
  ],
  examples: [
    ['registry delete orders-value --version 3', 'hides a version, after a question'],
    ['registry delete orders-value --permanent --yes', 'removes a subject with all its versions'],
  ],
  async run(world, given) {
    const [subject = ''] = given.words;
    const text = given.text('version');
    const version = text === undefined ? undefined : readVersion(text);
    if (text !== undefined && version === undefined)
      throw new Problem(`--version ${shown(text, 100)} is not a version; it is a number from 1, or latest.`);
    if (!(await isMeant(world, given, subject, version))) throw new Problem('Nothing was deleted.');
    const isPermanent = given.isSet('permanent');
    const deleted = await remove(world, subject, version, isPermanent);
    print(world.terminal, given.output, { subject, versions: deleted, permanent: isPermanent }, () => {
      const versions = `version${deleted.length === 1 ? '' : 's'} ${deleted.join(', ')}`;
      return `${shown(subject)}: ${versions} deleted${isPermanent ? ' for good' : ''}\n`;
    });
    return undefined;
  },
};

async function isMeant(
  world: World,
  given: Given,
  subject: string,
  version: WantedVersion | undefined,
): Promise<boolean> {
  if (given.isSet('yes')) return true;
  if (!world.terminal.canAsk)
    throw new Problem('Nobody can be asked here whether this is meant; give --yes if it is.');
  const what =
    version === undefined
      ? 'all versions'
      : version === 'latest'
        ? 'the latest version'
        : `version ${version}`;
  const how = given.isSet('permanent') ? ' for good' : '';
  const answer = await world.terminal.ask(
    `Delete ${what} of ${shown(subject)} at ${world.registry().address}${how}? (y/N) `,
  );
  return /^y(es)?$/i.test(answer.trim());
}

/** What is to go for good has to be hidden first. */
async function remove(
  { registry }: World,
  subject: string,
  version: WantedVersion | undefined,
  isPermanent: boolean,
): Promise<number[]> {
  const client = registry();
  const ask = (target: WantedVersion | undefined, permanent: boolean) => {
    const path = ['subjects', subject, ...(target === undefined ? [] : ['versions', target])];
    return client.ask<number | number[]>('DELETE', path, { query: { permanent } });
  };
  let hidden: number | number[] | undefined;
  try {
    hidden = await ask(version, false);
  } catch (error) {
    if (!isPermanent || !(error instanceof Refusal) || !alreadyDeleted.includes(error.code)) throw error;
  }
  if (!isPermanent) return [hidden ?? []].flat();
  // What was the latest is not that any more.
  const target = version === 'latest' && typeof hidden === 'number' ? hidden : version;
  return [await ask(target, true)].flat();
}
