import type { CommandWords, FlagWords, ProgramWords, ValueKind } from './command-words.js';

/** A completion script for zsh, to be evaluated, or autoloaded as `_mlflow2aim`. */
export function zshCompletion({ commands, flags }: ProgramWords): string {
  return `#compdef mlflow2aim
# Completion for zsh: eval "$(mlflow2aim completion zsh)", after compinit

_mlflow2aim() {
  local context state state_descr line
  local -A opt_args
  local -a commands
  _arguments -C \\
${argumentLines([...flags.flatMap(flagSpecs), '1:command:->command', '*::argument:->argument'], 4)}
  case $state in
    command)
      commands=(
${commands.map(({ name, description }) => `        ${quote(`${name}:${description}`)}`).join('\n')}
      )
      _describe -t commands command commands
      ;;
    argument)
      case $line[1] in
${commands.map(commandCase).join('\n')}
      esac
      ;;
  esac
}

if [[ $funcstack[1] == _mlflow2aim ]]; then
  _mlflow2aim "$@"
else
  compdef _mlflow2aim mlflow2aim
fi
`;
}

function commandCase({ name, flags, values }: CommandWords): string {
  const positional = values.map((value, i) => `${i + 1}:${message(value.name)}:${actionOf(value.kind)}`);
  return `        ${name})
          _arguments \\
${argumentLines([...flags.flatMap(flagSpecs), ...positional], 12)}
          ;;`;
}

function argumentLines(specs: readonly string[], indent: number): string {
  return specs.map((spec) => ' '.repeat(indent) + quote(spec)).join(' \\\n');
}

/** A flag as _arguments has it; one with a short name is there twice, and excludes itself. */
function flagSpecs({ long, short, description, isRepeatable, value }: FlagWords): string[] {
  const text = `[${description.replace(/[[\]\\]/g, '\\$&')}]`;
  const takes = value === undefined ? '' : `:${message(value.name)}:${actionOf(value.kind)}`;
  const equals = value === undefined ? '' : '=';
  const repeat = isRepeatable ? '*' : '';
  if (short === undefined) return [`${repeat}${long}${equals}${text}${takes}`];
  return [`(${short} ${long})${short}${text}${takes}`, `(${short} ${long})${long}${equals}${text}${takes}`];
}

function message(name: string): string {
  return name.replace(/[:\\]/g, '\\$&');
}

function actionOf(kind: ValueKind): string {
  switch (kind.type) {
    case 'choice':
      return `(${kind.choices.join(' ')})`;
    case 'directory':
      return '_files -/';
    case 'file':
      return '_files';
    case 'text':
      return ' ';
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
