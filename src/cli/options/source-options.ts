import { Option } from 'commander';
import { DEFAULT_DELETED } from '../../policies.js';
import { ListOption } from './list-option.js';
import { parseOrigin, parseRoot, parseText } from './values.js';

export function repoOption(): Option {
  return new Option('--repo <DIR>', 'the directory that contains .aim, or in which convert creates it')
    .default('.')
    .argParser(parseText);
}

/** What is read, and how, and which repository belongs to it. */
export function placeOptions(): Option[] {
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
    new Option(
      '--workspace <NAME>',
      'the workspace to read, on servers and databases with workspaces (default: $MLFLOW_WORKSPACE)',
    ).argParser(parseText),
  ];
}

export function sourceOptions(): Option[] {
  return [
    ...placeOptions(),
    new Option(
      '--include-deleted',
      'also convert runs and experiments that are deleted in MLflow; they are archived in Aim',
    ),
    new Option('--deleted <POLICY>', 'what to do in Aim with converted runs that are later deleted in MLflow')
      .choices(['archive', 'remove', 'keep'])
      .default(DEFAULT_DELETED),
    new Option('--force', 'read all runs again, also those that have not changed; what was changed in Aim stays'),
    new Option('--overwrite', 'replace runs that Aim has written to since they were converted'),
    new Option('--restore-removed', 'bring back converted runs that were deleted in Aim'),
    new ListOption(
      '--accept-missing <RUN_ID|URI>',
      'treat unreadable parts of this run, or anything unreadable below this path or URI, as gone for good: stop reporting and retrying them, now and later; repeatable',
      parseText,
    ),
    new ListOption('--unaccept-missing <RUN_ID|URI>', 'undo --accept-missing; repeatable', parseText),
  ];
}

/** Which of the places that a source names are followed (docs/trust.md). */
function trustOptions(): Option[] {
  return [
    new ListOption(
      '--allow-root <DIR|URI>',
      'also read artifacts below this directory or URI when a run points there; repeatable',
      parseRoot,
    ),
    new Option('--copy-links', 'follow symbolic links that lead out of a run'),
    new ListOption(
      '--trust-origin <URL>',
      'also fetch artifacts from this server, with the credentials of the tracking server; repeatable',
      parseOrigin,
    ),
  ];
}
