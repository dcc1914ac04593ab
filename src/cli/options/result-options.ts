import { Option } from 'commander';
import { DEFAULT_ARTIFACTS, DEFAULT_MAPPING } from '../../policies.js';
import { parseContext } from './context-values.js';
import { parseLabelRule, parseUiAddress } from './label-values.js';
import { ListOption } from './list-option.js';
import { RuleOption } from './rule-option.js';
import { parseDuration, parseSize, parseText } from './values.js';

export function mappingOptions(): Option[] {
  return [
    new Option('--repeated-steps <POLICY>', 'what to do with several points at one step of a metric')
      .choices(['auto', 'last', 'split', 'index'])
      .default(DEFAULT_MAPPING.repeatedSteps),
    new ListOption(
      '--context <RULE>',
      'metrics that become one in several contexts: auto for the usual prefixes (as in train_loss, val/loss), or as subset=train:train_*,train/*; repeatable',
      parseContext,
    ),
    new Option('--raw-params', 'keep params as strings instead of parsing numbers, booleans and lists'),
    new Option(
      '--stale-after <DURATION>',
      'treat a RUNNING run as finished when nothing was logged for this long; 0 for never',
    )
      .default(DEFAULT_MAPPING.staleAfter, '24h')
      .argParser(parseDuration),
    new ListOption(
      '--label <KEY[=COLOUR]>',
      'make labels of tags whose key matches this glob ("stage: dev"), in a colour such as #18AB6D; repeatable',
      parseLabelRule,
    ),
    new Option(
      '--mlflow-ui <URL>',
      "where MLflow's UI shows the runs, for links to them (default: a tracking server's own address)",
    ).argParser(parseUiAddress),
  ];
}

export function artifactOptions(): Option[] {
  return [
    new RuleOption(
      '--include-artifacts <GLOB>',
      'transfer matching files, and only these if this rule is the first; repeatable, later rules win',
      true,
    ),
    new RuleOption('--exclude-artifacts <GLOB>', 'skip matching files; repeatable, later rules win', false),
    new Option('--no-artifacts', 'skip all artifacts'),
    new Option('--max-artifact-size <SIZE>', 'skip larger images, audio files and pages')
      .default(DEFAULT_ARTIFACTS.maxSize, '100MB')
      .argParser(parseSize),
    new Option('--max-text-size <SIZE>', 'skip larger text files, and pages with larger figures')
      .default(DEFAULT_ARTIFACTS.maxTextSize, '10MB')
      .argParser(parseSize),
    new Option(
      '--image-sequences <BY>',
      'make a sequence of each image and audio file in a directory, or of each directory',
    )
      .choices(['file', 'directory'])
      .default(DEFAULT_ARTIFACTS.imageSequences),
    new Option('--terminal-log <GLOB>', "show the first matching text file as the run's terminal log").argParser(
      parseText,
    ),
  ];
}
