import { Command, Option } from 'commander';
import { DEFAULT_CONCURRENCY, DEFAULT_WATCH, MAX_CONCURRENCY } from '../options.js';
import { type ArtifactRule, DEFAULT_ARTIFACTS, DEFAULT_DELETED, DEFAULT_MAPPING } from '../policies.js';
import type { ConvertFlags, StatusFlags } from './flags.js';
import { CONVERT_HELP, PROGRAM_HELP } from './help-texts.js';
import {
  parseDuration,
  parseInteger,
  parseInterval,
  parseListen,
  parseOrigin,
  parseRate,
  parseRoot,
  parseSize,
  parseText,
} from './values.js';
import { packageVersion } from './version.js';

/** Called while parsing, with what the command line asks for. */
export interface Handlers {
  /** Gets the artifact rules in the order given. */
  readonly convert: (flags: ConvertFlags, rules: readonly ArtifactRule[]) => void;
  readonly status: (flags: StatusFlags) => void;
}

/** The commands and their flags. `sync` is `convert --watch`. */
export function createProgram({ convert, status }: Handlers): Command {
  const program = new Command('mlflow2aim')
    .description('Copies MLflow experiments, runs and artifacts into an Aim repository, and keeps it up to date.')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', PROGRAM_HELP);
  addConvert(program, 'convert', convert).description(
    'Convert an MLflow store into an Aim repository, or bring an earlier conversion up to date.',
  );
  addConvert(program, 'sync', (flags, rules) => convert({ ...flags, watch: true }, rules)).description(
    'Convert, then follow changes in MLflow until stopped; the same as convert --watch.',
  );
  program
    .command('status')
    .description('Show what an Aim repository was converted from, how up to date it is, and what failed.')
    .helpOption('-h, --help', 'print this help')
    .addOption(repoOption())
    .addOption(new Option('--incomplete', 'list every run that could not be read completely, and why'))
    .addOption(new Option('--json', 'print JSON'))
    .action((flags: StatusFlags) => status(flags));
  return program;
}

function addConvert(program: Command, name: string, handler: Handlers['convert']): Command {
  const command = program.command(name).helpOption('-h, --help', 'print this help').addHelpText('after', CONVERT_HELP);
  const rules: ArtifactRule[] = [];
  const groups: ReadonlyArray<readonly [string, readonly Option[]]> = [
    ['Source and destination:', sourceOptions()],
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
  return new Option('--repo <DIR>', 'the directory that contains .aim, or in which convert creates it')
    .default('.')
    .argParser(parseText);
}

function sourceOptions(): Option[] {
  return [
    new Option(
      '--tracking-uri <URI>',
      'a directory, the URL of a tracking server, or the URI of a database (default: $MLFLOW_TRACKING_URI, else ./mlruns or ./mlflow.db)',
    ).argParser(parseText),
    new Option(
      '--artifacts-destination <DIR|URI>',
      'where the tracking server stores proxied artifacts (mlflow-artifacts:), to read them directly',
    ).argParser(parseText),
    ...trustOptions(),
    repoOption(),
    new Option('--experiment <ID|NAME>', 'convert only this experiment; repeatable')
      .default([], 'all')
      .argParser(collectTexts),
    new Option(
      '--workspace <NAME>',
      'the workspace to read, on servers and databases with workspaces (default: $MLFLOW_WORKSPACE)',
    ).argParser(parseText),
    new Option(
      '--include-deleted',
      'also convert runs and experiments that are deleted in MLflow; they are archived in Aim',
    ),
    new Option('--deleted <POLICY>', 'what to do in Aim with converted runs that are later deleted in MLflow')
      .choices(['archive', 'remove', 'keep'])
      .default(DEFAULT_DELETED),
    new Option('--overwrite', 'replace runs that Aim has written to since they were converted'),
    new Option('--restore-removed', 'bring back converted runs that were deleted in Aim'),
    new Option(
      '--accept-missing <RUN_ID|URI>',
      'treat unreadable parts of this run, or anything unreadable below this path or URI, as gone for good: stop reporting and retrying them, now and later; repeatable',
    )
      .default([], 'none')
      .argParser(collectTexts),
    new Option('--unaccept-missing <RUN_ID|URI>', 'undo --accept-missing; repeatable')
      .default([], 'none')
      .argParser(collectTexts),
  ];
}

/** Which of the places that a source names are followed (docs/trust.md). */
function trustOptions(): Option[] {
  return [
    new Option(
      '--allow-root <DIR|URI>',
      'also read artifacts below this directory or URI when a run points there; repeatable',
    )
      .default([], 'none')
      .argParser((text, before: readonly string[]) => [...before, parseRoot(text)]),
    new Option('--copy-links', 'follow symbolic links that lead out of a run'),
    new Option(
      '--trust-origin <URL>',
      'also fetch artifacts from this server, with the credentials of the tracking server; repeatable',
    )
      .default([], 'none')
      .argParser((text, before: readonly string[]) => [...before, parseOrigin(text)]),
  ];
}

function mappingOptions(): Option[] {
  return [
    new Option('--repeated-steps <POLICY>', 'what to do with several points at one step of a metric')
      .choices(['auto', 'last', 'split', 'index'])
      .default(DEFAULT_MAPPING.repeatedSteps),
    new Option('--raw-params', 'keep params as strings instead of parsing numbers, booleans and lists'),
    new Option(
      '--stale-after <DURATION>',
      'treat a RUNNING run as finished when nothing was logged for this long; 0 for never',
    )
      .default(DEFAULT_MAPPING.staleAfter, '24h')
      .argParser(parseDuration),
  ];
}

function artifactOptions(rules: ArtifactRule[]): Option[] {
  const collect = (include: boolean) => (text: string) => void rules.push({ include, glob: parseText(text) });
  return [
    new Option(
      '--include-artifacts <GLOB>',
      'transfer matching files, and only these if this rule is the first; repeatable, later rules win',
    ).argParser(collect(true)),
    new Option('--exclude-artifacts <GLOB>', 'skip matching files; repeatable, later rules win').argParser(
      collect(false),
    ),
    new Option('--no-artifacts', 'skip all artifacts'),
    new Option('--max-artifact-size <SIZE>', 'skip larger images and audio files')
      .default(DEFAULT_ARTIFACTS.maxSize, '100MB')
      .argParser(parseSize),
    new Option('--max-text-size <SIZE>', 'skip larger text files')
      .default(DEFAULT_ARTIFACTS.maxTextSize, '10MB')
      .argParser(parseSize),
    new Option('--terminal-log <GLOB>', "show the first matching text file as the run's terminal log").argParser(
      parseText,
    ),
  ];
}

function watchOptions(): Option[] {
  return [
    new Option('--watch', 'once up to date, follow changes in MLflow until stopped'),
    new Option('--interval <DURATION>', 'how often to poll a server or database')
      .default(DEFAULT_WATCH.interval, '10s')
      .argParser(parseInterval),
    new Option('--reconcile <DURATION>', 'how often to scan a directory for changes that file system events missed')
      .default(DEFAULT_WATCH.reconcile, '30s')
      .argParser(parseInterval),
    new Option('--poll', 'poll directories instead of relying on file system events, for network file systems'),
    new Option(
      '--listen <HOST:PORT>',
      'serve /healthz and Prometheus /metrics at this address; without a host, on 127.0.0.1 only',
    ).argParser(parseListen),
  ];
}

function runningOptions(): Option[] {
  return [
    new Option('--concurrency <N>', 'how many runs, requests and downloads to process at a time')
      .default(DEFAULT_CONCURRENCY)
      .argParser(parseInteger(1, MAX_CONCURRENCY)),
    new Option(
      '--requests-per-second <N>',
      'limit requests to the tracking server; 0.5 is one every two seconds',
    ).argParser(parseRate),
    new Option('--report <FILE.json>', 'write a report about every run to this file').argParser(parseText),
    new Option('--log-format <FORMAT>', 'json writes one JSON object per line to stdout, and nothing else there')
      .choices(['text', 'json'])
      .default('text'),
    new Option('--quiet', 'print only errors and failed runs'),
    new Option('--no-color', 'do not use colors; so does the variable NO_COLOR'),
  ];
}
