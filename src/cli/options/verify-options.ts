import { InvalidArgumentError, Option } from 'commander';
import { artifactOptions, mappingOptions } from './result-options.js';
import { runningOptions } from './running-options.js';
import { placeOptions } from './source-options.js';
import { parseText } from './values.js';

/** A share such as `5%` or `0.05`, above 0 and at most 1. */
function parseShare(text: string): number {
  const [, number, percent] = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text.trim()) ?? [];
  const share = Number(number) / (percent === '%' ? 100 : 1);
  if (share > 0 && share <= 1) return share;
  throw new InvalidArgumentError('Expected a share such as 5% or 0.05.');
}

/** As for a conversion, but that no source is assumed. */
export function verifyPlaceOptions(): Option[] {
  const uri = new Option(
    '--tracking-uri <URI>',
    'what the repository was converted from: a directory, the URL of a tracking server, or the URI of a database (default: $MLFLOW_TRACKING_URI; without it only the structure of the repository is checked)',
  ).argParser(parseText);
  return placeOptions().map((option) => (option.long === uri.long ? uri : option));
}

/** What of the source is compared. */
export function comparisonOptions(): Option[] {
  return [
    new Option('--sample <SHARE>', 'compare only this share of the runs, the same ones each time').argParser(
      parseShare,
    ),
    new Option('--include-deleted', 'runs that are deleted in MLflow have to be in Aim, too'),
    new Option('--quick', 'compare rows, attributes, and of metrics the number of points and the last; read no files'),
    new Option('--repair', 'convert again what differs or is missing, and verify that'),
    new Option('--files', 'also read the files that stay in MLflow, to see that they are there'),
  ];
}

/** As for a conversion, but without defaults: what is not given is as it was when the run was converted. */
export function policyOptions(): Option[] {
  const options = [...mappingOptions(), ...artifactOptions()];
  for (const option of options) {
    if (Array.isArray(option.defaultValue)) option.default([], 'as converted');
    else option.default(undefined);
  }
  return options;
}

/** What is said in the same way of a conversion. */
const SHARED: ReadonlySet<string> = new Set([
  '--report',
  '--concurrency',
  '--requests-per-second',
  '--log-format',
  '--log-file',
]);

/** How it is done, and where it is told. */
export function verifyRunningOptions(): Option[] {
  const others = runningOptions().filter(({ long }) => SHARED.has(long ?? ''));
  return [
    new Option('--differences <FILE.jsonl>', 'write every difference to this file, one JSON object a line').argParser(
      parseText,
    ),
    new Option('--json', 'print the numbers at the end as JSON'),
    ...others,
    new Option('--quiet', 'print only what is not as it has to be'),
  ];
}

/** Of a conversion. */
export function verifyAfterwards(): Option {
  return new Option(
    '--verify',
    'compare each group of runs with MLflow as soon as it is in Aim, as the verify command does',
  );
}
