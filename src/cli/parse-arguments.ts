import { type Command, CommanderError } from 'commander';
import { ExitCode } from './exit-code.js';
import type { Io } from './io.js';
import { MissingValueError, normaliseFlags } from './normalise-flags.js';
import { createProgram } from './program.js';
import {
  type ConvertSettings,
  convertSettings,
  SettingsError,
  type StatusSettings,
  statusSettings,
} from './settings.js';

/** What the arguments ask for; `exit` when everything has been printed already. */
export type Parsed =
  | { readonly type: 'convert'; readonly settings: ConvertSettings }
  | { readonly type: 'status'; readonly settings: StatusSettings }
  | { readonly type: 'exit'; readonly code: number };

/** Parses the arguments (without the program's name). Prints help, version and usage errors itself. */
export function parseArguments(argv: readonly string[], io: Pick<Io, 'stdout' | 'stderr' | 'env'>): Parsed {
  const asked: { convert?: ConvertSettings; status?: StatusSettings } = {};
  const program = createProgram({
    convert: (flags) => {
      asked.convert = convertSettings(flags, io.env);
    },
    status: (flags) => {
      asked.status = statusSettings(flags);
    },
  });
  configure(program, io);
  try {
    parse(program, argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      return { type: 'exit', code: error.exitCode === 0 ? ExitCode.Done : ExitCode.Usage };
    }
    throw error;
  }
  if (asked.convert !== undefined) return { type: 'convert', settings: asked.convert };
  if (asked.status !== undefined) return { type: 'status', settings: asked.status };
  return { type: 'exit', code: ExitCode.Done };
}

function parse(program: Command, argv: readonly string[]): void {
  try {
    program.parse(normaliseFlags(argv, program), { from: 'user' });
  } catch (error) {
    if (!(error instanceof MissingValueError || error instanceof SettingsError)) throw error;
    const named = program.commands.find((command) => command.name() === argv[0]) ?? program;
    named.error(`error: ${error.message}`);
  }
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
