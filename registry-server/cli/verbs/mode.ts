import { pairs, print } from '../print.ts';
import { Problem } from '../problem.ts';
import { shown } from '../shown.ts';
import type { Verb } from '../verb.ts';

const modes = ['READWRITE', 'READONLY', 'READONLY_OVERRIDE', 'IMPORT', 'FORWARD'] as const;

const subjectArgument = {
  name: '[subject]',
  description: 'of this subject; without it, of the context, or of all',
} as const;

const pathOf = (subject: string | undefined): string[] =>
  subject === undefined ? ['mode'] : ['mode', subject];

export const modeGet: Verb = {
  name: 'mode get',
  summary: 'show whether schemas may be registered',
  arguments: [subjectArgument],
  options: [{ flags: '--own', description: 'only what is set on the subject itself' }],
  async run({ terminal, registry }, given) {
    const value = await registry().ask<Record<string, unknown>>('GET', pathOf(given.words[0]), {
      query: { defaultToGlobal: !given.isSet('own') },
    });
    print(terminal, given.output, value, () => pairs(value));
    return undefined;
  },
};

export const modeSet: Verb = {
  name: 'mode set',
  summary: 'change it',
  details: 'IMPORT takes schemas with ids of another registry, and begins with nothing in reach.',
  arguments: [{ name: '<mode>', description: modes.join(', ') }, subjectArgument],
  options: [{ flags: '--force', description: 'IMPORT although subjects are there' }],
  examples: [['registry mode set READONLY', 'nobody registers anything']],
  async run({ terminal, registry }, given) {
    const [text = '', subject] = given.words;
    const mode = modes.find((each) => each === text.toUpperCase());
    if (mode === undefined)
      throw new Problem(`"${shown(text, 100)}" is not a mode; there are ${modes.join(', ')}.`);
    const value = await registry().ask<Record<string, unknown>>('PUT', pathOf(subject), {
      query: { force: given.isSet('force') },
      body: { mode },
    });
    print(terminal, given.output, value, () => pairs(value));
    return undefined;
  },
};

export const modeDelete: Verb = {
  name: 'mode delete',
  summary: 'go back to the mode above: of the context, or the default',
  arguments: [subjectArgument],
  options: [{ flags: '--recursive', description: 'of a context: of the subjects in it too' }],
  async run({ terminal, registry }, given) {
    const value = await registry().ask<Record<string, unknown>>('DELETE', pathOf(given.words[0]), {
      query: { recursive: given.isSet('recursive') },
    });
    print(terminal, given.output, value, () => `This no longer holds:\n${pairs(value)}`);
    return undefined;
  },
};
