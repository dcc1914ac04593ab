/** Behind the help of the program. */
export const PROGRAM_HELP = `
Examples:
  mlflow2aim convert                                      ./mlruns or ./mlflow.db into ./.aim
  mlflow2aim convert --tracking_uri /data/mlruns --repo /data/aim
  mlflow2aim sync                                         the same, and then follow what changes
  mlflow2aim status                                       what is synced from where, and what failed
  mlflow2aim convert --help                               all flags, more examples
`;

/** Behind the help of `convert` and `sync`. */
export const CONVERT_HELP = `
Flags may be written with - or with _: --tracking-uri, --tracking_uri. The names that aimlflow gives them
(--mlflow-tracking-uri, --aim-repo) are understood too.

Exit codes: 0 all done, or a watch that was asked to end; 1 nothing could be done; 2 usage; 3 done, but some runs
failed or could not be read completely; 130 interrupted (143 by SIGTERM).

Examples:
  Everything in ./mlruns or ./mlflow.db, into the Aim repository in this directory:
    mlflow2aim convert

  Two experiments, the second by its id, into /data/aim/.aim:
    mlflow2aim convert --tracking_uri /data/mlruns --experiment resnet50 --experiment 12 --repo /data/aim

  From a tracking server, from a database:
    mlflow2aim convert --tracking_uri https://mlflow.example.org --repo /data/aim
    mlflow2aim convert --tracking_uri postgresql://ada@db.example.org/mlflow --artifacts-destination s3://bucket/mlflow

  No artifacts but PNG images; a record of every run and of what was left behind:
    mlflow2aim convert --include-artifacts '*.png' --report report.json

  All artifacts but those of checkpoints, the last one excepted:
    mlflow2aim convert --exclude-artifacts 'checkpoints/**' --include-artifacts 'checkpoints/last/**'

  Beside training: up to date first, then every change within seconds, until Ctrl-C:
    mlflow2aim convert --watch        (or: mlflow2aim sync)

  From a script:
    mlflow2aim convert --log-format json > mlflow2aim.log

Run it again at any time: it goes on where it was stopped, and changes only what has changed.
`;
