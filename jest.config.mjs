const common = {
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testEnvironment: 'node',
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } },
    ],
  },
};

export default {
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['/test/interop/'],
    },
    {
      ...common,
      displayName: 'interop',
      testMatch: ['<rootDir>/test/interop/**/*.test.ts'],
      globalSetup: '<rootDir>/scripts/set-up-interop.mjs',
      globalTeardown: '<rootDir>/scripts/tear-down-interop.mjs',
    },
  ],
  testTimeout: 600_000,
  // modules of past files are not given back, and a large heap makes everything slow
  workerIdleMemoryLimit: '600MB',
  // on a busy machine, a process with such a heap takes longer than half a second to end; what never ends is still told
  workerGracefulExitTimeout: 10_000,
};
