import { describe, expect, test } from '@jest/globals';
import { normaliseFlags } from '../../src/cli/normalise-flags.js';
import { createProgram } from '../../src/cli/program.js';

const program = createProgram();
const normalise = (...argv: string[]) => normaliseFlags(argv, program).argv;

describe('flags are written with - or with _', () => {
  test.each([
    [
      ['convert', '--tracking_uri', 'a_b'],
      ['convert', '--tracking-uri', 'a_b'],
    ],
    [['--tracking_uri=a_b=c_d'], ['--tracking-uri=a_b=c_d']],
    [
      ['--tracking-uri', '--x_y'],
      ['--tracking-uri', '--x_y'],
    ],
    [
      ['--mlflow_tracking_uri', 'x'],
      ['--tracking-uri', 'x'],
    ],
    [['--mlflow-tracking-uri=--aim_repo'], ['--tracking-uri=--aim_repo']],
    [
      ['--aim-repo', '.', '--aim_repo=b'],
      ['--repo', '.', '--repo=b'],
    ],
    [
      ['--no_artifacts', '--raw_params'],
      ['--no-artifacts', '--raw-params'],
    ],
    [
      ['--raw_params', 'a_b'],
      ['--raw-params', 'a_b'],
    ],
    [
      ['--exclude_artifacts', '*_x', '--include_artifacts', '-_'],
      ['--exclude-artifacts', '*_x', '--include-artifacts', '-_'],
    ],
    [
      ['--raw_params', '--', '--raw_params'],
      ['--raw-params', '--', '--raw_params'],
    ],
    [
      ['--repo', '--', '--raw_params'],
      ['--repo', '--', '--raw-params'],
    ],
    [
      ['_x', 'a_b', '-_', '--no_such_flag'],
      ['_x', 'a_b', '-_', '--no-such-flag'],
    ],
    [['--repo'], ['--repo']],
  ])('%j is %j', (argv, expected) => expect(normalise(...argv)).toEqual(expected));

  test.each<[string[], string[], string[]]>([
    [['--quiet=true'], ['--quiet'], []],
    [['convert', '--quiet=FALSE', '--no_color=0'], ['convert'], ['--quiet', '--no-color']],
    [['--quiet', '--quiet=no'], [], ['--quiet']],
    [['--quiet=off', '--quiet'], ['--quiet'], []],
    [['--terminal-log', '--quiet=false'], ['--terminal-log', '--quiet=false'], []],
    [['--', '--quiet=false'], ['--', '--quiet=false'], []],
  ])('a switch can be turned off: %j', (argv, rest, off) => {
    const normal = normaliseFlags(argv, program);
    expect({ ...normal, off: [...normal.off] }).toEqual({ argv: rest, off });
  });

  test('a switch is on or off', () => {
    expect(() => normalise('--quiet=2')).toThrow("--quiet is '2'. Expected true or false.");
  });

  test('a flag is not the value of another', () => {
    expect(() => normalise('--repo', '--raw_params')).toThrow('The flag --repo needs a value before --raw_params.');
    expect(() => normalise('--tracking_uri', '--aim_repo', 'x')).toThrow(/needs a value/);
    expect(normalise('--repo=--raw_params')).toEqual(['--repo=--raw_params']);
  });
});
