// @ts-check
import { programWords } from '../dist/cli/completion/command-words.js';
import { createProgram } from '../dist/cli/program.js';

/** Flags with which a conversion returns no summary, and those that the function gives itself. */
const NOT_OFFERED = new Set([
  '--tracking-uri',
  '--repo',
  '--watch',
  '--interval',
  '--reconcile',
  '--poll',
  '--listen',
  '--dry-run',
  '--json',
  '--detailed-exitcode',
  '--report',
  '--log-format',
  '--quiet',
  '--verbose',
  '--no-color',
  '--help',
]);

/** The module `_options.py`: the flags of `convert` as a typed dictionary, for editors and type checkers. */
export function pythonOptions() {
  const convert = programWords(createProgram()).commands.find(({ name }) => name === 'convert');
  const fields = convert?.flags.filter(({ long }) => !NOT_OFFERED.has(long)) ?? [];
  return `# Made by scripts/python-options.mjs from the flags of the command.
import os
from typing import Literal, Sequence, TypedDict, Union

Value = Union[str, int, float, "os.PathLike[str]"]


class ConvertOptions(TypedDict, total=False):
    """The flags of \`mlflow2aim convert\`."""

${fields.map(field).join('\n')}
`;
}

/** @param {import('../dist/cli/completion/command-words.js').FlagWords} flag */
function field({ long, description, isRepeatable, value }) {
  const type = value === undefined ? 'bool' : typeOf(value.kind);
  return `    ${long.slice(2).replaceAll('-', '_')}: ${isRepeatable ? `Union[${type}, Sequence[${type}]]` : type}
    ${JSON.stringify(description)}`;
}

/** @param {import('../dist/cli/completion/command-words.js').ValueKind} kind */
function typeOf(kind) {
  return kind.type === 'choice'
    ? `Literal[${kind.choices.map((choice) => JSON.stringify(choice)).join(', ')}]`
    : 'Value';
}
