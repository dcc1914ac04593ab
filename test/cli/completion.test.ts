import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { completionScript, type Shell } from '../../src/cli/completion/completion-script.js';
import { createProgram } from '../../src/cli/program.js';
import { temporaryDirectory } from '../support/temporary.js';

const program = createProgram();
const commands = program.commands.map((command) => command.name());

/** What a shell offers for the last of these words, one list for each line. */
type Complete = (lines: ReadonlyArray<readonly string[]>) => string[][];

/** Runs a real shell in a directory with some files; it prints what it offers, and `---` after each line. */
function ask(shell: Shell, driver: (script: string, directory: string) => string): string[][] {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'my runs'));
  mkdirSync(join(directory, 'mlruns'));
  writeFileSync(join(directory, 'my.yaml'), '');
  const script = join(temporaryDirectory(), `completion.${shell}`);
  writeFileSync(script, completionScript(shell, program));
  const file = join(temporaryDirectory(), `driver.${shell}`);
  writeFileSync(file, driver(script, directory));
  const env = { PATH: process.env.PATH, HOME: directory, TERM: 'xterm', LC_ALL: 'C' };
  const { status, stdout, stderr } = spawnSync(shell, [file], {
    cwd: directory,
    env,
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const answers = stdout.split('---\n').slice(0, -1);
  return answers.map((answer) => [...new Set(answer.split('\n').filter((word) => word !== ''))].sort());
}

function quote(text: string): string {
  return `'${text}'`;
}

const bash: Complete = (lines) =>
  ask('bash', (script) =>
    [
      `source ${script}`,
      // as bash does, which takes words apart at =
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash's
      'ask() { COMP_WORDS=(mlflow2aim "$@"); COMP_CWORD=$#; _mlflow2aim; printf "%s\\n" "${COMPREPLY[@]}" ---; }',
      ...lines.map(
        (words) =>
          `ask ${words
            .flatMap((word) => word.split(/(?<=^--[\w-]*)(=)/))
            .map(quote)
            .join(' ')}`,
      ),
    ].join('\n'),
  );

const fish: Complete = (lines) =>
  ask('fish', (script) =>
    [
      `source ${script}`,
      // what it offers begins with all of the word, and ends with a description
      'function ask; complete -C "$argv" | string replace -r "\\t.*" "" | string replace -r "^--.*=" ""; echo ---; end',
      ...lines.map((words) => `ask ${quote(['mlflow2aim', ...words].join(' '))}`),
    ].join('\n'),
  );

/** Types each line and Tab into an interactive zsh; its `compadd` writes down what is offered. */
const zsh: Complete = (lines) =>
  ask('zsh', (script, directory) => {
    const setup = join(directory, '.setup');
    const offers = join(directory, '.offers');
    writeFileSync(offers, '');
    writeFileSync(
      setup,
      `
      autoload -U compinit && compinit -u -D
      source ${script}
      setopt no_list_ambiguous no_beep
      compadd() {
        local -a hits
        [[ " $*" == *' -'[OAD]' '* ]] || { builtin compadd -O hits "$@"; print -rl -- $hits >> ${offers} }
        builtin compadd "$@"
      }
      next() { print -r -- --- >> ${offers}; BUFFER=; zle -I; print offered }
      zle -N next
      bindkey '^T' next
      bindkey '^I' list-choices
      PS1=ready
      `,
    );
    const keys = lines.map((words) => `${['mlflow2aim', ...words].join(' ')}\\t\\C-t`);
    return [
      'zmodload zsh/zpty',
      'zpty shell zsh -f -i',
      `zpty -w shell 'source ${setup}; stty -echo'`,
      "zpty -r shell seen '*ready*'",
      ...keys.map((line) => `zpty -w -n shell $'${line}'; zpty -r shell seen '*offered*'`),
      "zpty -w shell 'exit'",
      'while zpty -r shell seen; do :; done',
      `cat ${offers}`,
    ].join('\n');
  });

const shells: ReadonlyArray<readonly [Shell, Complete]> = [
  ['bash', bash],
  ['zsh', zsh],
  ['fish', fish],
];
const installed = shells.filter(([shell]) => shell === 'bash' || spawnSync(shell, ['--version']).status === 0);

describe.each(installed)('%s', (_shell, complete) => {
  test('offers all commands, and the flags of each', () => {
    const [offered = [], ...flags] = complete([[''], ...commands.map((command) => [command, '--'])]);
    expect(offered.filter((word) => !word.startsWith('-'))).toEqual([...commands, 'help'].sort());
    const expected = program.commands.map(({ options }) => [...options.map((option) => option.long!), '--help'].sort());
    // zsh adds = to flags with a value
    expect(flags.map((words) => words.map((word) => word.replace(/=$/, '')))).toEqual(expected);
  });

  test('offers the values of each flag that has choices', () => {
    const cases = program.commands.flatMap((command) =>
      command.options.flatMap((option) =>
        option.argChoices === undefined ? [] : [{ words: [command.name(), option.long!], choices: option.argChoices }],
      ),
    );
    expect(complete(cases.map(({ words }) => [...words, '']))).toEqual(cases.map(({ choices }) => [...choices].sort()));
  });

  test('offers what fits', () => {
    const cases: ReadonlyArray<readonly [line: readonly string[], offered: readonly string[]]> = [
      [['con'], ['config', 'convert']],
      [['sync', '--deleted=a'], ['archive']],
      [
        ['config', 's'],
        ['status', 'sync'],
      ],
      [
        ['completion', ''],
        ['bash', 'fish', 'zsh'],
      ],
      [
        ['status', '--repo', 'm'],
        ['mlruns', 'my runs'],
      ],
      [['convert', '--config', 'my.'], ['my.yaml']],
      [['convert', '--interval', ''], []],
    ];
    const answers = complete(cases.map(([line]) => line));
    const plain = (word: string) => word.replace(/\/$/, '').replaceAll('\\ ', ' ');
    expect(cases.map(([line], i) => [line, answers[i]?.map(plain)])).toEqual(cases);
  });
});
