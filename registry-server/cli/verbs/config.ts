import { pairs, print } from '../print.ts';
import { Problem } from '../problem.ts';
import { readText } from '../project.ts';
import { shown } from '../shown.ts';
import type { Given, Verb } from '../verb.ts';
import { parseYaml } from '../yaml.ts';

const levels = [
  'NONE',
  ...['BACKWARD', 'FORWARD', 'FULL'].flatMap((level) => [level, `${level}_TRANSITIVE`]),
] as const;
const yesOrNo = ['true', 'false'] as const;

const subjectArgument = {
  name: '[subject]',
  description: 'of this subject; without it, of the context, or of all',
} as const;

const pathOf = ({ words: [subject] }: Given): string[] =>
  subject === undefined ? ['config'] : ['config', subject];

/** Flags, and the field of the request that each one is. */
const fields = [
  {
    flag: 'compatibility',
    field: 'compatibility',
    takes: 'level',
    description: 'which earlier versions a new one has to fit',
    choices: levels,
  },
  {
    flag: 'group',
    field: 'compatibilityGroup',
    takes: 'property',
    description: 'compare only versions with the same value of this metadata property',
  },
  {
    flag: 'policy',
    field: 'compatibilityPolicy',
    takes: 'policy',
    description: 'how strictly',
    choices: ['STRICT', 'LENIENT', 'LOGICAL'],
  },
  {
    flag: 'normalize',
    field: 'normalize',
    takes: 'value',
    description: 'bring schemas into their normal form',
    choices: yesOrNo,
  },
  {
    flag: 'validate-fields',
    field: 'validateFields',
    takes: 'value',
    description: 'keep reserved fields free',
    choices: yesOrNo,
  },
  {
    flag: 'validate-new-schemas',
    field: 'validateNewSchemas',
    takes: 'value',
    description: 'look at defaults and names of new schemas',
    choices: yesOrNo,
  },
  {
    flag: 'alias',
    field: 'alias',
    takes: 'subject',
    description: 'let the name of this subject lead to another',
  },
] as const;

export const configGet: Verb = {
  name: 'config get',
  summary: 'show the compatibility level and the other settings that hold',
  arguments: [subjectArgument],
  options: [{ flags: '--own', description: 'only what is set on the subject itself' }],
  async run({ terminal, registry }, given) {
    const value = await registry().ask<Record<string, unknown>>('GET', pathOf(given), {
      query: { defaultToGlobal: !given.isSet('own') },
    });
    print(terminal, given.output, value, () => pairs(value));
    return undefined;
  },
};

export const configSet: Verb = {
  name: 'config set',
  summary: 'change settings; what is not named stays as it is',
  arguments: [subjectArgument],
  options: [
    ...fields.map(({ flag, takes, description, ...rest }) => ({
      flags: `--${flag} <${takes}>`,
      description,
      choices: 'choices' in rest ? rest.choices : undefined,
    })),
    {
      flags: '-f, --file <file>',
      description: 'further settings, such as defaultRuleSet: a map in YAML or JSON, as the REST API has it',
    },
  ],
  examples: [['registry config set orders-value --compatibility FULL_TRANSITIVE', 'for one subject']],
  async run({ terminal, registry }, given) {
    const named = fields.flatMap(({ flag, field }) => {
      const text = given.text(flag);
      return text === undefined
        ? []
        : [[field, /^(true|false)$/.test(text) && field !== 'alias' ? text === 'true' : text]];
    });
    const body = { ...fromFile(given.text('file')), ...Object.fromEntries(named) };
    if (Object.keys(body).length === 0)
      throw new Problem('Nothing to set: name a setting, such as --compatibility FULL.');
    const value = await registry().ask<Record<string, unknown>>('PUT', pathOf(given), { body });
    print(terminal, given.output, value, () => pairs(value));
    return undefined;
  },
};

function fromFile(file: string | undefined): Record<string, unknown> {
  if (file === undefined) return {};
  const value = parseYaml(readText(file), shown(file));
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Problem(`${shown(file)} has to be a map of settings.`);
  return value as Record<string, unknown>;
}

export const configDelete: Verb = {
  name: 'config delete',
  summary: 'go back to the settings above: of the context, or the default',
  arguments: [subjectArgument],
  async run({ terminal, registry }, given) {
    const value = await registry().ask<Record<string, unknown>>('DELETE', pathOf(given));
    print(terminal, given.output, value, () => `These no longer hold:\n${pairs(value)}`);
    return undefined;
  },
};
