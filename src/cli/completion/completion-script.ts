import type { Command } from 'commander';
import { bashCompletion } from './bash.js';
import { type ProgramWords, programWords } from './command-words.js';
import { fishCompletion } from './fish.js';
import { zshCompletion } from './zsh.js';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

const SCRIPTS: Readonly<Record<Shell, (words: ProgramWords) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** The script that completes the commands and flags of a program in a shell. */
export function completionScript(shell: Shell, program: Command): string {
  return SCRIPTS[shell](programWords(program));
}
