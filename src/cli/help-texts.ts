/** Printed after the help of the program. */
export const PROGRAM_HELP = `
Examples:
  mlflow2aim convert                     ./mlruns or ./mlflow.db to ./.aim
  mlflow2aim convert /data/mlruns /data/aim
  mlflow2aim plan /data/mlruns           what convert would do
  mlflow2aim sync                        convert, then follow changes
  mlflow2aim verify /data/mlruns         compare Aim with MLflow
  mlflow2aim status                      what was converted, and what failed
  mlflow2aim config                      which flags are in force
  mlflow2aim convert --help              all flags, more examples
`;

/** Printed after the help of `completion`. */
export const COMPLETION_HELP = `
Examples:
  eval "$(mlflow2aim completion bash)"       in ~/.bashrc
  eval "$(mlflow2aim completion zsh)"        in ~/.zshrc, after compinit
  mlflow2aim completion fish | source        in ~/.config/fish/config.fish
`;

/** Printed after the help of `verify`. */
export const VERIFY_HELP = `
Nothing is changed in MLflow or in Aim. After Ctrl-C the same command goes on
where it was stopped.

Exit codes: 0 Aim holds what MLflow has; 4 something differs or is missing;
3 some parts could not be read and nothing else is wrong; 1 nothing could be
compared.

Examples:
  mlflow2aim verify --tracking_uri /data/mlruns --repo /data/aim
  mlflow2aim verify --tracking_uri https://mlflow.example.org --sample 5%
  mlflow2aim verify /data/mlruns /data/aim --differences differences.jsonl
  mlflow2aim verify --repo /data/aim      without a source: is it sound?
`;

/** Printed after the help of `config`. */
export const CONFIG_HELP = `
A flag is set by the command line, else by the environment, else by the
configuration file. The variable of --max-artifact-size is
MLFLOW2AIM_MAX_ARTIFACT_SIZE; values of a list are separated by commas there.
The file is YAML:

  tracking-uri: https://mlflow.example.org
  max-artifact-size: 1GB
  exclude-artifacts: ['checkpoints/**', '*.pkl']

It is the one that --config names, else ~/.config/mlflow2aim.yaml, else
mlflow2aim.yaml in the working directory, which may set only part of the flags.

Exit codes: 0 success; 2 something in environment or file cannot be used.
`;

/** Printed after the help of `plan`. */
export const PLAN_HELP = `
Looks at all runs, and converts some of them into a temporary directory
($TMPDIR) to measure the time. Nothing is written to MLflow or to the Aim
repository.

Exit codes: 0 the plan was made; 5 with --detailed-exitcode, if there is
something to do; 1 no plan could be made; 2 usage error.

Examples:
  mlflow2aim plan --tracking_uri https://mlflow.example.org --repo /data/aim
  mlflow2aim plan --detailed-exitcode /data/mlruns /data/aim || echo outdated
`;

/** Printed after the help of `convert` and `sync`. */
export const CONVERT_HELP = `
Flags may be written with - or _: --tracking-uri, --tracking_uri. The names that
aimlflow uses, --mlflow-tracking-uri and --aim-repo, work too. Environment
variables and a configuration file can set all of them, as
mlflow2aim config --help describes.

Exit codes: 0 success, or a watch that was stopped; 1 nothing could be done;
2 usage error; 3 done, but some runs failed or could not be read completely;
130 interrupted by Ctrl-C; 143 by SIGTERM.

Examples:
  Everything in ./mlruns or ./mlflow.db to the Aim repository in this directory:
    mlflow2aim convert

  Two experiments, one by name and one by id, to /data/aim/.aim:
    mlflow2aim convert /data/mlruns /data/aim \\
      --experiment resnet50 --experiment 12

  The runs of the last 30 days with an accuracy above 0.9:
    mlflow2aim convert /data/mlruns /data/aim --since 30d \\
      --filter 'metrics.accuracy > 0.9'

  From a tracking server; from a database:
    mlflow2aim convert https://mlflow.example.org /data/aim
    mlflow2aim convert postgresql://ada@db.example.org/mlflow /data/aim \\
      --artifacts-destination s3://bucket/mlflow

  Only PNG images of the artifacts, with a report about every run:
    mlflow2aim convert --include-artifacts '*.png' --report report.html

  All artifacts except checkpoints, but with the last one:
    mlflow2aim convert --exclude-artifacts 'checkpoints/**' \\
      --include-artifacts 'checkpoints/last/**'

  Alongside training: convert, then show every change within seconds:
    mlflow2aim convert --watch        (or: mlflow2aim sync)

  From a script:
    mlflow2aim convert --log-format json > mlflow2aim.log

A conversion can be repeated at any time: it resumes where it was stopped, and
writes only what has changed.
`;
