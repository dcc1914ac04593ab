#!/usr/bin/env node
// @ts-check
/** Writes man/mlflow2aim.1 from what the built program says of itself, so that it cannot tell anything else than --help. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createProgram } from '../dist/cli/program.js';

const program = createProgram();
const file = new URL('../man/mlflow2aim.1', import.meta.url);

/** Text in which roff sees no requests or escapes. */
function roff(/** @type {string} */ text) {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/gm, '\\&');
}

/** Words in capitals are values. */
function term(/** @type {string} */ text) {
  return roff(text)
    .replace(/(?:\\-)+[\w-]+(?:\\-\w+)*/g, '\\fB$&\\fR')
    .replace(/<(.*?)>/g, '\\fI$1\\fR');
}

function tagged(/** @type {string} */ name, /** @type {string} */ text) {
  return ['.TP', term(name), roff(text)];
}

function literal(/** @type {string} */ text) {
  return text === '' ? [] : ['.PP', '.nf', roff(text.replace(/^\n+|\n+$/g, '')), '.fi'];
}

/** What is printed after the help of a command. @param {import('commander').Command} command */
function textAfter(command) {
  let all = '';
  const writeOut = (/** @type {string} */ text) => {
    all += text;
  };
  command.configureOutput({ writeOut, getOutHelpWidth: () => 80 }).outputHelp();
  return all.slice(command.helpInformation().length);
}

/** @param {import('commander').Command} command */
function flagsOf(command) {
  const help = command.createHelp();
  const all = help.visibleOptions(command);
  const isPlain = (/** @type {import('commander').Option} */ option) => option.helpGroupHeading === undefined;
  const options = [...all.filter(isPlain), ...all.filter((option) => !isPlain(option))];
  return options.flatMap((option, i) => {
    const heading = option.helpGroupHeading;
    const isNew = heading !== undefined && heading !== options[i - 1]?.helpGroupHeading;
    const description = tagged(option.flags, help.optionDescription(option));
    return isNew ? ['.PP', `\\fB${roff(heading)}\\fR`, ...description] : description;
  });
}

/**
 * An earlier command that has all flags of this one and the same help: `convert`, for `sync`.
 * @param {import('commander').Command} command
 */
function sameAs(command) {
  if (command.options.length === 0) return undefined;
  return commands.slice(0, commands.indexOf(command)).find((earlier) => {
    const flags = new Set(earlier.options.map((option) => option.flags));
    return command.options.every((option) => flags.has(option.flags)) && textAfter(earlier) === textAfter(command);
  });
}

/** @param {import('commander').Command} command */
function section(command) {
  const help = command.createHelp();
  const head = [`.SS ${roff(help.subcommandTerm(command))}`, roff(command.description())];
  const same = sameAs(command);
  if (same !== undefined) return [...head, `Arguments and flags are those of \\fB${same.name()}\\fR.`];
  const values = help.visibleArguments(command);
  return [
    ...head,
    ...values.flatMap((argument) => tagged(argument.name(), help.argumentDescription(argument))),
    ...flagsOf(command),
    ...literal(textAfter(command)),
  ];
}

const commands = program.createHelp().visibleCommands(program);
const lines = [
  '.\\" Made by scripts/make-man.mjs',
  `.TH MLFLOW2AIM 1 "" "mlflow2aim ${program.version()}" "User Commands"`,
  '.SH NAME',
  'mlflow2aim \\- copy MLflow experiments into Aim',
  '.SH SYNOPSIS',
  ...commands.map(
    (command, i) => `${i === 0 ? '' : '.br\n'}\\fBmlflow2aim\\fR ${term(program.createHelp().subcommandTerm(command))}`,
  ),
  '.SH DESCRIPTION',
  roff(program.description()),
  ...literal(textAfter(program)),
  '.SH COMMANDS',
  ...commands.flatMap(section),
  '.SH ENVIRONMENT',
  ...tagged('MLFLOW2AIM_*', 'Each flag has a variable: --max-artifact-size is set by MLFLOW2AIM_MAX_ARTIFACT_SIZE.'),
  ...tagged(
    'MLFLOW_TRACKING_URI, MLFLOW_WORKSPACE, NO_COLOR',
    'Stand for --tracking-uri, --workspace and --no-color where nothing else sets these but the file.',
  ),
  ...tagged('MLFLOW2AIM_DEBUG', 'If it is 1, errors are printed with their stack.'),
  '.SH FILES',
  ...tagged('~/.config/mlflow2aim.yaml, ./mlflow2aim.yaml', 'The configuration file; see the command config.'),
  '.SH SEE ALSO',
  'https://github.com/mlflow2aim/mlflow2aim',
];

mkdirSync(new URL('.', file), { recursive: true });
writeFileSync(file, `${lines.join('\n')}\n`);
