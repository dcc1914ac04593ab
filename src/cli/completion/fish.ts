import type { CommandWords, FlagWords, ProgramWords, ValueKind } from './command-words.js';

/** A completion script for fish 3. */
export function fishCompletion({ commands, flags }: ProgramWords): string {
  return [
    '# Completion for fish: mlflow2aim completion fish | source',
    '',
    'function __mlflow2aim_runs --description "Whether the command on the command line is this one"',
    '  set -l words (commandline -opc)',
    '  set -e words[1]',
    "  string match -q -- $argv[1] (string match -v -- '-*' $words)[1]",
    'end',
    '',
    'complete -c mlflow2aim -f',
    ...flags.map((flag) => flagLine(flag, '__fish_use_subcommand')),
    ...commands.map(({ name, description }) => line('__fish_use_subcommand', `-a ${name} -d ${quote(description)}`)),
    ...commands.flatMap(commandLines),
    '',
  ].join('\n');
}

function commandLines({ name, flags, values }: CommandWords): string[] {
  const condition = `__mlflow2aim_runs ${name}`;
  const positional = values
    .filter(({ kind }) => kind.type !== 'text')
    .map(({ kind }) => line(condition, valueWords(kind)));
  return [...flags.map((flag) => flagLine(flag, condition)), ...positional];
}

function flagLine({ long, short, description, value }: FlagWords, condition: string): string {
  const parts = [
    ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
    `-l ${long.slice(2)}`,
    ...(value === undefined ? [] : [requiredValue(value.kind)]),
    `-d ${quote(description)}`,
  ];
  return line(condition, parts.join(' '));
}

function line(condition: string, rest: string): string {
  return `complete -c mlflow2aim -n ${quote(condition)} ${rest}`;
}

function requiredValue(kind: ValueKind): string {
  return kind.type === 'file' ? '-r -F' : `-x ${valueWords(kind)}`.trimEnd();
}

function valueWords(kind: ValueKind): string {
  switch (kind.type) {
    case 'choice':
      return `-a ${quote(kind.choices.join(' '))}`;
    case 'directory':
      return "-a '(__fish_complete_directories)'";
    case 'file':
      return '-F';
    case 'text':
      return '';
  }
}

function quote(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}
