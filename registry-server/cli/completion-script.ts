import { flagNames, globalOptions, takesValue } from './global-options.ts';
import type { Verb, VerbOption } from './verb.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** What a shell completes after `registry` with the words before it. */
interface Level {
  /** `config`, or nothing. */
  readonly words: string;
  /** Verbs and groups, each with what it does. */
  readonly next: readonly (readonly [name: string, summary: string])[];
  readonly options: readonly VerbOption[];
}

function levels(verbs: readonly Verb[]): Level[] {
  const groups = [
    ...new Set(verbs.flatMap(({ name }) => (name.includes(' ') ? [name.split(' ')[0] ?? ''] : []))),
  ];
  const inGroup = (group: string) => verbs.filter(({ name }) => name.startsWith(`${group} `));
  const top = [
    ...verbs.filter(({ name }) => !name.includes(' ')).map(({ name, summary }) => [name, summary] as const),
    ...groups.map(
      (group) =>
        [
          group,
          inGroup(group)
            .map(({ name }) => name.split(' ')[1])
            .join(', '),
        ] as const,
    ),
  ];
  return [
    { words: '', next: top, options: [] },
    ...groups.map((group) => ({
      words: group,
      next: inGroup(group).map(({ name, summary }) => [name.split(' ')[1] ?? '', summary] as const),
      options: [],
    })),
    ...verbs.map(({ name, options = [] }) => ({ words: name, next: [], options })),
  ];
}

const allFlags = (options: readonly VerbOption[]): string[] =>
  options.flatMap(flagNames).filter((flag) => flag.startsWith('--'));

const choicesOf = (options: readonly VerbOption[]): [flag: string, choices: readonly string[]][] =>
  options.flatMap((option) =>
    option.choices
      ? flagNames(option).map((flag): [string, readonly string[]] => [flag, option.choices ?? []])
      : [],
  );

/** Completes verbs, flags and their values; files where a flag or an argument may be one. */
function bash(verbs: readonly Verb[]): string {
  const valued = [...globalOptions, ...verbs.flatMap(({ options = [] }) => options)]
    .filter(takesValue)
    .flatMap(flagNames);
  const cases = levels(verbs).map(
    ({ words, next, options }) =>
      `    '${words}') words='${[...next.map(([name]) => name), ...allFlags([...options, ...globalOptions]), '--help'].join(' ')}' ;;`,
  );
  const groups = levels(verbs).filter(({ words, next }) => words !== '' && next.length > 0);
  const values = levels(verbs).flatMap(({ words, options }) =>
    choicesOf([...options, ...globalOptions]).map(
      ([flag, choices]) => `    '${words} ${flag}') words='${choices.join(' ')}' ;;`,
    ),
  );
  return `# bash completion for registry: source <(registry completion bash)
_registry() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" verb='' words='' skip='' index
  for ((index = 1; index < COMP_CWORD; index++)); do
    if [ -n "$skip" ]; then skip=''; continue; fi
    case "\${COMP_WORDS[index]}" in
      ${[...new Set(valued)].join('|')}) skip=1 ;;
      -*) ;;
      *) case "$verb" in
        '') verb="\${COMP_WORDS[index]}" ;;
        ${groups.map(({ words }) => words).join('|')}) verb="$verb \${COMP_WORDS[index]}" ;;
      esac ;;
    esac
  done
  case "$verb $previous" in
${values.join('\n')}
  esac
  if [ -n "$words" ]; then COMPREPLY=($(compgen -W "$words" -- "$current")); return; fi
  if [ -n "$skip" ]; then COMPREPLY=(); return; fi
  case "$verb" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -o bashdefault -F _registry registry
`;
}

/** zsh has bash's completion built in, and shows no less by it. */
const zsh = (verbs: readonly Verb[]): string =>
  `#compdef registry
# zsh completion for registry: source <(registry completion zsh)
autoload -U +X bashcompinit && bashcompinit
${bash(verbs).split('\n').slice(1).join('\n')}`;

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function fish(verbs: readonly Verb[]): string {
  const optionLine = (condition: string, option: VerbOption) => {
    const names = flagNames(option).map((name) =>
      name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
    );
    const value = option.choices
      ? ` -x -a ${quoted(option.choices.join(' '))}`
      : takesValue(option)
        ? ' -r'
        : '';
    return `complete -c registry${condition} ${names.join(' ')}${value} -d ${quoted(option.description)}`;
  };
  const lines = levels(verbs).flatMap(({ words, next, options }) => {
    const [verb, second] = words.split(' ');
    const seen =
      second === undefined
        ? `__fish_seen_subcommand_from ${verb}`
        : `__fish_seen_subcommand_from ${verb}; and __fish_seen_subcommand_from ${second}`;
    const first = next.map(([name]) => name).join(' ');
    const condition =
      words === ''
        ? ' -n __fish_use_subcommand'
        : ` -n ${quoted(next.length > 0 ? `${seen}; and not __fish_seen_subcommand_from ${first}` : seen)}`;
    return [
      ...next.map(
        ([name, summary]) => `complete -c registry${condition} -f -a ${name} -d ${quoted(summary)}`,
      ),
      ...options.map((option) => optionLine(condition, option)),
    ];
  });
  return `# fish completion for registry: registry completion fish | source\n${[...lines, ...globalOptions.map((option) => optionLine('', option))].join('\n')}\n`;
}

const scripts: Readonly<Record<Shell, (verbs: readonly Verb[]) => string>> = { bash, zsh, fish };

export const completionScript = (shell: Shell, verbs: readonly Verb[]): string => scripts[shell](verbs);
