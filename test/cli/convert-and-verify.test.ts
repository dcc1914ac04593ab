import { expect, test } from '@jest/globals';
import { nothingCompared, type RunVerdict } from '../../src/verify/compare/verdict.js';
import type { VerifyOptions } from '../../src/verify.js';
import { FakeIo } from './fake-io.js';

const run = (verdict: RunVerdict['verdict']): RunVerdict => ({
  ...nothingCompared('abc'),
  runId: 'abc',
  verdict,
});

/** An io whose verification finds a run of this verdict. */
function finding(verdict: RunVerdict['verdict']): { io: FakeIo; asked: VerifyOptions[] } {
  const io = new FakeIo();
  const asked: VerifyOptions[] = [];
  io.verifyBeside = async (options, events) => ({
    add: async () => void events.emit('run', run(verdict)),
    finish: async () => void asked.push(options),
    close: async () => {},
  });
  io.convert = async (_options, _events, signal, own) => own?.settled?.([], signal);
  return { io, asked };
}

test.each([
  ['equal', 0],
  ['changed-in-aim', 0],
  ['behind', 0],
  ['missing', 4],
  ['differs', 4],
  ['unread', 3],
] as const)('a run that is %s afterwards ends the command with %i', async (verdict, code) => {
  const { io, asked } = finding(verdict);
  expect(await io.run('--verify', '--repo', 'there', '--experiment', 'mnist')).toBe(code);
  expect(asked).toEqual([
    expect.objectContaining({ trackingUri: 'a-store', repo: 'there', selection: { experiments: ['mnist'] } }),
  ]);
});

test('without the flag nothing is verified, nor after a conversion that failed', async () => {
  const { io, asked } = finding('differs');
  expect(await io.run()).toBe(0);
  io.convert = () => Promise.reject(new Error('The disk is full.'));
  expect(await io.run('--verify')).toBe(1);
  expect(asked).toEqual([]);
});

test('a watch has no end after which it could be verified', async () => {
  const { io } = finding('equal');
  expect(await io.run('--verify', '--watch')).toBe(2);
  expect(io.stderr.text).toContain('a watch goes on');
});

test('what differs is told while the conversion goes on, once, and the table at the end', async () => {
  const { io } = finding('differs');
  const { convert } = io;
  let meanwhile = '';
  io.convert = async (...given) => {
    await convert(...given);
    meanwhile = io.stderr.text;
  };
  expect(await io.run('--verify')).toBe(4);
  expect(meanwhile).toContain('differs: abc');
  expect(io.stdout.text).not.toContain('differs: abc');
  expect(io.stdout.text).toContain('1 run is not in Aim as in MLflow.');
});
