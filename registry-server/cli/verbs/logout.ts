import { Problem } from '../problem.ts';
import { defaultProfile, profilesFile, readProfileName, readProfiles, writeProfiles } from '../profiles.ts';
import { shown } from '../shown.ts';
import type { Verb } from '../verb.ts';

export const logout: Verb = {
  name: 'logout',
  summary: 'forget a profile',
  options: [{ flags: '--all', description: 'forget all of them' }],
  async run({ terminal, environment }, given) {
    const file = profilesFile(environment);
    if (given.isSet('all')) {
      writeProfiles(file, new Map());
      terminal.say('No profile is kept any more.');
      return undefined;
    }
    const profiles = new Map(readProfiles(file));
    const name = readProfileName(given.connection.profile ?? defaultProfile);
    if (!profiles.delete(name)) throw new Problem(`There is no profile "${shown(name)}".`);
    writeProfiles(file, profiles);
    terminal.say(`The profile "${shown(name)}" is forgotten.`);
    return undefined;
  },
};
