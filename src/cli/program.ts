import { Command, Option } from 'commander';
import { DEFAULT_CONCURRENCY, DEFAULT_WATCH, MAX_CONCURRENCY } from '../options.js';
import {
  type ArtifactRule,
  DEFAULT_ARTIFACTS,
  DEFAULT_DELETED,
  DEFAULT_MAPPING,
  type DeletedPolicy,
  type RepeatedSteps,
} from '../policies.js';
import { CONVERT_HELP, PROGRAM_HELP } from './help-texts.js';
import {
  type ListenAddress,
  parseDuration,
  parseInteger,
  parseListen,
  parseOrigin,
  parsePause,
  parseRate,
  parseRoot,
  parseSize,
  parseText,
} from './values.js';
import { packageVersion } from './version.js';

/** The flags of `convert` as commander hands them over. */
export interface ConvertFlags {
  readonly trackingUri?: string;
  readonly artifactsDestination?: string;
  readonly allowRoot: readonly string[];
  readonly copyLinks?: true;
  readonly trustOrigin: readonly string[];
  readonly repo: string;
  readonly experiment: readonly string[];
  readonly includeDeleted?: true;
  readonly deleted: DeletedPolicy;
  readonly overwrite?: true;
  readonly restoreRemoved?: true;
  readonly acceptMissing: readonly string[];
  readonly unacceptMissing: readonly string[];
  readonly concurrency: number;
  readonly requestsPerSecond?: number;
  readonly workspace?: string;
  readonly repeatedSteps: RepeatedSteps;
  readonly rawParams?: true;
  readonly staleAfter: number;
  readonly artifacts: boolean;
  readonly maxArtifactSize: number;
  readonly maxTextSize: number;
  readonly terminalLog?: string;
  readonly quiet?: true;
  readonly logFormat: 'text' | 'json';
  readonly report?: string;
  readonly color: boolean;
  readonly watch?: true;
  readonly interval: number;
  readonly reconcile: number;
  readonly poll?: true;
  readonly listen?: ListenAddress;
}

/** The flags of `status`. */
export interface StatusFlags {
  readonly repo: string;
  readonly incomplete?: true;
  readonly json?: true;
}

/** What is called while parsing, with what the command line asks for. */
export interface Handlers {
  /** With the artifact rules in the order given. */
  readonly convert: (flags: ConvertFlags, rules: readonly ArtifactRule[]) => void;
  readonly status: (flags: StatusFlags) => void;
}

/** The commands and their flags. `sync` is `convert --watch`. */
export function createProgram({ convert, status }: Handlers): Command {
  const program = new Command('mlflow2aim')
    .description('Moves everything you have in MLflow into Aim.')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', PROGRAM_HELP);
  addConvert(program, 'convert', convert).description(
    'Converts an MLflow store into an Aim repository. What is there already is only brought up to date.',
  );
  addConvert(program, 'sync', (flags, rules) => convert({ ...flags, watch: true }, rules)).description(
    'Converts, and then follows what changes in MLflow until it is stopped: the same as convert --watch.',
  );
  program
    .command('status')
    .description('Tells what an Aim repository holds from where, how far behind it is, and what failed and why.')
    .helpOption('-h, --help', 'print this help')
    .addOption(repoOption())
    .addOption(new Option('--incomplete', 'name every run of which something could not be read, with the reasons'))
    .addOption(new Option('--json', 'print it as JSON'))
    .action((flags: StatusFlags) => status(flags));
  return program;
}

function addConvert(program: Command, name: string, handler: Handlers['convert']): Command {
  const command = program.command(name).helpOption('-h, --help', 'print this help').addHelpText('after', CONVERT_HELP);
  const rules: ArtifactRule[] = [];
  const groups: ReadonlyArray<readonly [string, readonly Option[]]> = [
    ['From where to where:', sourceOptions()],
    ['Mapping:', mappingOptions()],
    ['Artifacts:', artifactOptions(rules)],
    ['Following changes:', watchOptions().filter((option) => name === 'convert' || option.long !== '--watch')],
    ['Running and reporting:', runningOptions()],
  ];
  for (const [group, options] of groups) for (const option of options) command.addOption(option.helpGroup(group));
  return command.action((flags: ConvertFlags) => handler(flags, rules));
}

function collectTexts(text: string, before: readonly string[]): readonly string[] {
  return [...before, parseText(text)];
}

function repoOption(): Option {
  return new Option('--repo <DIR>', 'directory that holds .aim, or will hold it').default('.').argParser(parseText);
}

function sourceOptions(): Option[] {
  return [
    new Option(
      '--tracking-uri <URI>',
      'path, URL of a tracking server, or URI of a database (default: $MLFLOW_TRACKING_URI, else ./mlruns or ./mlflow.db)',
    ).argParser(parseText),
    new Option(
      '--artifacts-destination <DIR|URI>',
      'where a tracking server keeps the files that it proxies (mlflow-artifacts:), to read them without it',
    ).argParser(parseText),
    ...trustOptions(),
    repoOption(),
    new Option('--experiment <ID|NAME>', 'only this experiment; may be repeated')
      .default([], 'all')
      .argParser(collectTexts),
    new Option(
      '--workspace <NAME>',
      'the workspace of a server or database that has several (default: $MLFLOW_WORKSPACE, else none)',
    ).argParser(parseText),
    new Option('--include-deleted', 'also runs and experiments deleted in MLflow; they become archived'),
    new Option('--deleted <POLICY>', 'what becomes of converted runs that MLflow deletes or loses')
      .choices(['archive', 'remove', 'keep'])
      .default(DEFAULT_DELETED),
    new Option('--overwrite', 'write again the runs that Aim has changed since they were converted'),
    new Option('--restore-removed', 'bring back converted runs that were removed in Aim'),
    new Option(
      '--accept-missing <RUN_ID|URI>',
      'what cannot be read of this run, or of artifacts or runs below this path or URI, is gone for good: no longer told, and remembered; may be repeated',
    )
      .default([], 'nothing')
      .argParser(collectTexts),
    new Option('--unaccept-missing <RUN_ID|URI>', 'takes --accept-missing back; may be repeated')
      .default([], 'nothing')
      .argParser(collectTexts),
  ];
}

/** Where what a source says may lead (docs/trust.md). */
function trustOptions(): Option[] {
  return [
    new Option('--allow-root <DIR|URI>', 'read artifacts below it, wherever a run says that they lie; may be repeated')
      .default([], 'none')
      .argParser((text, before: readonly string[]) => [...before, parseRoot(text)]),
    new Option('--copy-links', 'follow links that lead out of the run in which they lie'),
    new Option(
      '--trust-origin <URL>',
      'another server that is asked for artifacts, with the credentials of the tracking server; may be repeated',
    )
      .default([], 'none')
      .argParser((text, before: readonly string[]) => [...before, parseOrigin(text)]),
  ];
}

function mappingOptions(): Option[] {
  return [
    new Option('--repeated-steps <POLICY>', 'what becomes of several points at one step of a metric')
      .choices(['auto', 'last', 'split', 'index'])
      .default(DEFAULT_MAPPING.repeatedSteps),
    new Option('--raw-params', 'keep every param a string'),
    new Option('--stale-after <DURATION>', 'close a RUNNING run without a sign of life for so long; 0 for never')
      .default(DEFAULT_MAPPING.staleAfter, '24h')
      .argParser(parseDuration),
  ];
}

function artifactOptions(rules: ArtifactRule[]): Option[] {
  const collect = (include: boolean) => (text: string) => void rules.push({ include, glob: parseText(text) });
  return [
    new Option(
      '--include-artifacts <GLOB>',
      'transfer these, and no others when this rule comes first; may be repeated, the later rule wins',
    ).argParser(collect(true)),
    new Option('--exclude-artifacts <GLOB>', 'leave these out; may be repeated, the later rule wins').argParser(
      collect(false),
    ),
    new Option('--no-artifacts', 'leave all artifacts out'),
    new Option('--max-artifact-size <SIZE>', 'leave larger images and audio files out')
      .default(DEFAULT_ARTIFACTS.maxSize, '100MB')
      .argParser(parseSize),
    new Option('--max-text-size <SIZE>', 'leave larger text files out')
      .default(DEFAULT_ARTIFACTS.maxTextSize, '10MB')
      .argParser(parseSize),
    new Option(
      '--terminal-log <GLOB>',
      "the first text file that matches is shown as the run's terminal log",
    ).argParser(parseText),
  ];
}

function watchOptions(): Option[] {
  return [
    new Option('--watch', 'when all is up to date, follow what changes in MLflow until stopped'),
    new Option('--interval <DURATION>', 'time between two looks at a server or database')
      .default(DEFAULT_WATCH.interval, '10s')
      .argParser(parsePause),
    new Option('--reconcile <DURATION>', 'time between two walks through a directory, which find what events missed')
      .default(DEFAULT_WATCH.reconcile, '30s')
      .argParser(parsePause),
    new Option('--poll', 'look again and again instead of waiting for events: for network file systems'),
    new Option(
      '--listen <HOST:PORT>',
      'serve /healthz and Prometheus /metrics there; on this machine only unless a host is given',
    ).argParser(parseListen),
  ];
}

function runningOptions(): Option[] {
  return [
    new Option('--concurrency <N>', 'runs, requests and downloads under way at once')
      .default(DEFAULT_CONCURRENCY)
      .argParser(parseInteger(1, MAX_CONCURRENCY)),
    new Option(
      '--requests-per-second <N>',
      'no more requests to a tracking server than this; 0.5 is one in two seconds',
    ).argParser(parseRate),
    new Option('--report <FILE.json>', 'write what became of each run into this file').argParser(parseText),
    new Option('--log-format <FORMAT>', 'json: one JSON object a line on stdout, nothing else')
      .choices(['text', 'json'])
      .default('text'),
    new Option('--quiet', 'print errors and failed runs only'),
    new Option('--no-color', 'no colours; NO_COLOR does the same'),
  ];
}
