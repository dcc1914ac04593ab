import { type Command, CommanderError } from 'commander';
import { completionScript } from './completion/completion-script.js';
import { applySettings } from './config/apply-settings.js';
import { configurableCommands } from './config/config-option.js';
import { loadSettings } from './config/load-settings.js';
import { problemLines } from './config/problem.js';
import { ExitCode } from './exit-code.js';
import type { Io } from './io.js';
import { FlagValueError, normaliseFlags } from './normalise-flags.js';
import { dryRunSettings, type ListSettings, listSettings, type PlanSettings, planSettings } from './plan-settings.js';
import { createProgram, type Handlers } from './program.js';
import {
  type ConfigSettings,
  type ConvertSettings,
  configSettings,
  convertSettings,
  type StatusSettings,
  statusSettings,
} from './settings.js';
import { SettingsError } from './settings-error.js';
import { type VerifySettings, verifySettings } from './verify-settings.js';

/** What the arguments ask for; `exit` when everything has been printed already. */
export type Parsed =
  | { readonly type: 'convert'; readonly settings: ConvertSettings }
  | { readonly type: 'verify'; readonly settings: VerifySettings }
  | { readonly type: 'plan'; readonly settings: PlanSettings }
  | { readonly type: 'list'; readonly settings: ListSettings }
  | { readonly type: 'status'; readonly settings: StatusSettings }
  | { readonly type: 'config'; readonly settings: ConfigSettings; readonly program: Command }
  | { readonly type: 'exit'; readonly code: number };

/** Parses the arguments (without the program's name). Prints help, version and usage errors itself. */
export function parseArguments(argv: readonly string[], io: Pick<Io, 'stdout' | 'stderr' | 'env'>): Parsed {
  let parsed: Parsed = { type: 'exit', code: ExitCode.Done };
  const handlers: Handlers = {
    convert: (flags, isGiven) => {
      const dryRun = dryRunSettings(flags, isGiven);
      if (dryRun !== undefined) parsed = { type: 'plan', settings: dryRun };
      else parsed = { type: 'convert', settings: convertSettings(flags, isGiven) };
    },
    plan: (flags) => {
      parsed = { type: 'plan', settings: planSettings(flags) };
    },
    list: (flags) => {
      parsed = { type: 'list', settings: listSettings(flags) };
    },
    verify: (flags, isGiven) => {
      parsed = { type: 'verify', settings: verifySettings(flags, isGiven) };
    },
    status: (flags) => {
      parsed = { type: 'status', settings: statusSettings(flags) };
    },
    config: (flags, command) => {
      parsed = { type: 'config', settings: configSettings(flags, command), program };
    },
    completion: (shell) => {
      io.stdout.write(completionScript(shell, program));
    },
  };
  const program = createProgram(handlers);
  configure(program, io);
  try {
    parse(program, argv, io.env);
  } catch (error) {
    if (error instanceof CommanderError) {
      return { type: 'exit', code: error.exitCode === 0 ? ExitCode.Done : ExitCode.Usage };
    }
    throw error;
  }
  return parsed;
}

function parse(program: Command, argv: readonly string[], env: Io['env']): void {
  try {
    const normal = normaliseFlags(argv, program);
    program.hook('preAction', (_, command) => configureFlags(command, program, normal.off, env));
    program.parse(normal.argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof FlagValueError || error instanceof SettingsError)) throw error;
    const named = program.commands.find((command) => command.name() === argv[0]) ?? program;
    named.error(`error: ${error.message}`);
  }
}

/** Sets the flags of a command that the command line leaves open, if it reads configuration. */
function configureFlags(command: Command, program: Command, off: ReadonlySet<string>, env: Io['env']): void {
  if (!configurableCommands(program).includes(command)) return;
  const { settings, problems } = loadSettings([command], program, command.getOptionValue('config'), env);
  if (problems.length > 0) command.error(problemLines(problems).join('\n'));
  applySettings(command, settings, off);
}

function configure(program: Command, { stdout, stderr }: Pick<Io, 'stdout' | 'stderr'>): void {
  for (const command of [program, ...program.commands]) {
    const path = command === program ? program.name() : `${program.name()} ${command.name()}`;
    command
      .exitOverride()
      .showHelpAfterError(`Run ${path} --help for usage.`)
      .configureOutput({
        writeOut: (text) => stdout.write(text),
        writeErr: (text) => stderr.write(text),
        getOutHelpWidth: () => stdout.columns || 100,
        getErrHelpWidth: () => stderr.columns || 100,
      });
  }
}
