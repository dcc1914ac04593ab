import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Command, Option } from 'commander';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { CONFIG_FLAGS, configurableCommands } from '../../../src/cli/config/config-option.js';
import { variableOf } from '../../../src/cli/config/environment.js';
import { formatList } from '../../../src/cli/config/list-text.js';
import { isList, isSwitch, settingValue } from '../../../src/cli/config/setting.js';
import { type Parsed, parseArguments } from '../../../src/cli/parse-arguments.js';
import { createProgram } from '../../../src/cli/program.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { FakeIo } from '../fake-io.js';

/** Some of these every flag takes; what YAML or a shell would make of them must not matter. */
const TEXTS = [
  ...[
    '1',
    '007',
    '0x10',
    '0.5',
    '1e3',
    '10s',
    '90m',
    '100MB',
    '30d',
    '5%',
    'subset=train:train_*,train/*',
    '9464',
    '127.0.0.1:80',
    '2026-01-31',
    'finished',
    '12:30:45',
  ],
  ...[
    'a',
    'a b',
    'a, b',
    '"a"',
    "it's",
    'true',
    'no',
    'null',
    '~',
    '- a',
    'a: b',
    '# a',
    '*',
    '**/*.png',
    '{a,b}',
    '[a]',
    '&a',
    '!a',
  ],
  ...[
    'https://ada:secret@host:5000/x?y#z',
    's3://bucket/a,b',
    './dir',
    '/data/aim',
    'Ä 漢字 🙂',
    ' a ',
    '=',
    '-',
    '%s',
    '$HOME',
    'a\\nb',
  ],
];

interface Choice {
  readonly option: Option;
  readonly texts: readonly string[];
}

const program = createProgram();

function takes(option: Option, text: string): boolean {
  try {
    settingValue(option, [text], option.defaultValue);
    return true;
  } catch {
    return false;
  }
}

const choices = new Map<Option, fc.Arbitrary<Choice>>();

function choiceOf(option: Option): fc.Arbitrary<Choice> {
  const known = choices.get(option) ?? newChoice(option);
  choices.set(option, known);
  return known;
}

function newChoice(option: Option): fc.Arbitrary<Choice> {
  if (isSwitch(option)) return fc.constant({ option, texts: ['true'] });
  const texts = [...(option.argChoices ?? []), ...TEXTS].filter((text) => takes(option, text));
  // a flag whose values are not among TEXTS is not tested: add one there
  expect({ flag: option.long, takesSome: texts.length > 0 }).toEqual({ flag: option.long, takesSome: true });
  const text = fc.constantFrom(...texts);
  return fc.record({
    option: fc.constant(option),
    texts: fc.array(text, { minLength: 1, maxLength: isList(option) ? 4 : 1 }),
  });
}

function choicesOf(command: Command): fc.Arbitrary<Choice[]> {
  const options = command.options.filter((option) => !CONFIG_FLAGS.has(option.long!));
  return fc
    .subarray(options, { minLength: 1, maxLength: Math.min(10, options.length) })
    .chain((some) => fc.tuple(...some.map(choiceOf)));
}

function parse(
  argv: readonly string[],
  env: Record<string, string> = {},
): { readonly parsed: Parsed; readonly said: string } {
  const io = new FakeIo();
  io.env = env;
  return { parsed: parseArguments(argv, io), said: io.stderr.text };
}

function onCommandLine({ option, texts }: Choice): string[] {
  return isSwitch(option) ? [option.long!] : texts.map((text) => `${option.long}=${text}`);
}

function inEnvironment(choices: readonly Choice[]): Record<string, string> {
  const text = ({ option, texts }: Choice) => (isList(option) ? formatList(texts) : texts[0]!);
  return Object.fromEntries(choices.map((choice) => [variableOf(choice.option.long!), text(choice)]));
}

function inFile(choices: readonly Choice[]): string {
  const value = ({ option, texts }: Choice) => (isList(option) ? texts : texts[0]);
  return stringify(Object.fromEntries(choices.map((choice) => [choice.option.long!.slice(2), value(choice)])));
}

/** A flag that is set in several places; at least in one. */
interface Places {
  readonly cli?: Choice | undefined;
  readonly environment?: Choice | undefined;
  readonly file?: Choice | undefined;
}

function placesOf(command: Command): fc.Arbitrary<Places[]> {
  const all = command.options.filter((option) => !CONFIG_FLAGS.has(option.long!));
  const isAlone = (option: Option) =>
    all.every((one) => one === option || one.attributeName() !== option.attributeName());
  const place = (option: Option) => fc.option(choiceOf(option), { nil: undefined });
  const places = (option: Option) =>
    fc
      .record({ cli: place(option), environment: place(option), file: place(option) })
      .filter((some) => Object.values(some).some((choice) => choice !== undefined));
  return fc
    .subarray(all.filter(isAlone), { minLength: 1, maxLength: Math.min(6, all.length) })
    .chain((some) => fc.tuple(...some.map(places)));
}

function isThere(choice: Choice | undefined): choice is Choice {
  return choice !== undefined;
}

const COMMANDS = configurableCommands(program).map((command) => [command.name(), command] as const);

describe.each(COMMANDS)('%s', (name, command) => {
  test('does the same wherever its flags are set', () => {
    const file = join(temporaryDirectory(), 'mlflow2aim.yaml');
    fc.assert(
      fc.property(choicesOf(command), (choices) => {
        const { parsed } = parse([name, ...choices.flatMap(onCommandLine)]);
        // flags that contradict each other are an error on the command line only
        fc.pre(parsed.type !== 'exit');
        expect(parse([name], inEnvironment(choices))).toEqual({ parsed, said: '' });
        writeFileSync(file, inFile(choices));
        expect(parse([name, '--config', file])).toEqual({ parsed, said: '' });
      }),
      { numRuns: 40 },
    );
  });

  test('listens to the command line, else to the environment, else to the file', () => {
    const file = join(temporaryDirectory(), 'mlflow2aim.yaml');
    fc.assert(
      fc.property(placesOf(command), (places) => {
        const strongest = places.map(({ cli, environment, file }) => cli ?? environment ?? file).filter(isThere);
        const { parsed } = parse([name, ...strongest.flatMap(onCommandLine)]);
        fc.pre(parsed.type !== 'exit');
        writeFileSync(file, inFile(places.map((place) => place.file).filter(isThere)));
        const argv = places
          .map(({ cli }) => cli)
          .filter(isThere)
          .flatMap(onCommandLine);
        const env = inEnvironment(places.map(({ environment }) => environment).filter(isThere));
        expect(parse([name, '--config', file, ...argv], env)).toEqual({ parsed, said: '' });
      }),
      { numRuns: 40 },
    );
  });
});

test('no flag has a variable that Kubernetes sets for a service, or that means something else already', () => {
  const taken =
    /^MLFLOW2AIM_(?:PORT|.*_PORT|PORT_.*|.*_SERVICE_HOST|DEBUG|FAILPOINT|CLI|PYTHON.*|TEST_.*|IDLE_TIMEOUT|FORK_SERVER)$/;
  const variables = program.commands.flatMap(({ options }) => options.map((option) => variableOf(option.long!)));
  expect(variables.filter((variable) => taken.test(variable))).toEqual([]);
});
