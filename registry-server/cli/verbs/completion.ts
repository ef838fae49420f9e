import { completionScript, shells } from '../completion-script.ts';
import { Problem } from '../problem.ts';
import { shown } from '../shown.ts';
import type { Verb } from '../verb.ts';

export const completion: Verb = {
  name: 'completion',
  summary: 'write what makes a shell complete verbs and flags',
  arguments: [{ name: '<shell>', description: shells.join(', ') }],
  examples: [
    ['source <(registry completion bash)', 'in ~/.bashrc; for zsh in ~/.zshrc'],
    ['registry completion fish > ~/.config/fish/completions/registry.fish', 'for fish'],
  ],
  async run({ terminal, verbs }, { words: [text = ''] }) {
    const shell = shells.find((each) => each === text);
    if (shell === undefined) throw new Problem(`"${shown(text, 100)}" is not one of ${shells.join(', ')}.`);
    terminal.write(completionScript(shell, verbs));
    return undefined;
  },
};
