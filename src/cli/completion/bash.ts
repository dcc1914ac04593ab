import type { CommandWords, ProgramWords, ValueKind } from './command-words.js';

/** A completion script for bash 3.2 and later; it needs nothing else. */
export function bashCompletion({ commands, flags }: ProgramWords): string {
  const first = [...commands.map(({ name }) => name), ...flags.map(({ long }) => long)].join(' ');
  return `# Completion for bash: eval "$(mlflow2aim completion bash)"

_mlflow2aim() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD - 1]}" command='' words='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ -z $command && \${COMP_WORDS[i]} != -* ]]; then command="\${COMP_WORDS[i]}"; fi
  done
  # bash takes --flag=value apart
  if [[ $current == '=' ]]; then
    current=''
  elif [[ $before == '=' ]]; then
    before="\${COMP_WORDS[COMP_CWORD - 2]}"
  fi
  COMPREPLY=()
  case "$command \${before//_/-}" in
${valueCases(commands).join('\n')}
    *)
      case "$command" in
        '') words='${first}' ;;
${commands.map(commandCase).join('\n')}
      esac
      ;;
  esac
  _mlflow2aim_add -W "$words" -- "$current"
}

_mlflow2aim_add() {
  local word
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen "$@")
}

_mlflow2aim_paths() {
  compopt -o filenames 2> /dev/null
  _mlflow2aim_add "$@"
}

complete -F _mlflow2aim mlflow2aim
`;
}

/** Cases for the values of flags: equal ones of all commands together. */
function valueCases(commands: readonly CommandWords[]): string[] {
  const patterns = new Map<string, string[]>();
  for (const { name, flags } of commands) {
    for (const { long, value } of flags) {
      if (value === undefined) continue;
      const action = `${actionOf(value.kind)}${value.kind.type === 'choice' ? '' : ' return'}`.trim();
      patterns.set(action, [...(patterns.get(action) ?? []), `'${name} ${long}'`]);
    }
  }
  return [...patterns].map(([action, cases]) => `    ${cases.join('|')}) ${action} ;;`);
}

/** Flags come where they are begun, and wherever nothing else can stand. */
function commandCase({ name, flags, values }: CommandWords): string {
  const words = `words='${flags.map(({ long }) => long).join(' ')}'`;
  const actions = values.map(({ kind }) => actionOf(kind)).filter((action) => action !== '');
  if (actions.length === 0) return `        ${name}) ${words} ;;`;
  return `        ${name}) if [[ $current == -* ]]; then ${words}; else ${actions[0]} fi ;;`;
}

function actionOf(kind: ValueKind): string {
  switch (kind.type) {
    case 'choice':
      return `words='${kind.choices.join(' ')}';`;
    case 'directory':
      return '_mlflow2aim_paths -d -- "$current";';
    case 'file':
      return '_mlflow2aim_paths -f -- "$current";';
    case 'text':
      return '';
  }
}
