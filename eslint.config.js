import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Rooms whose code must give the same bytes on every run: no I/O, no clock, no chance. */
const pureRooms = [
  'src/event/**/*.ts',
  'src/parsers/**/*.ts',
  'src/transforms/**/*.ts',
  'src/sinks/**/encode*.ts',
  'src/sinks/**/verdict*.ts',
];

const noInput =
  'Pure rooms do no I/O: move the call behind src/sources, src/sinks/*/write or src/workers.';
const noClock = "Pure rooms have no clock: 'now' is the arrival time in the batch's header.";
const noChance = 'Pure rooms have no chance: a replay must give the same bytes.';

export default defineConfig(
  globalIgnores(['dist', 'build', '.build', '.stack', 'data', 'src/event/core/assembly']),
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', caughtErrors: 'none', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allow: ['URL', 'URLSearchParams'] },
      ],
      '@typescript-eslint/ban-ts-comment': [
        'error',
        { 'ts-expect-error': 'allow-with-description' },
      ],
    },
  },
  {
    // An `async` method may satisfy an interface without awaiting; tests hand promises to tap.
    files: ['**/*.ts'],
    rules: { '@typescript-eslint/require-await': 'off' },
  },
  {
    // tap runs subtests in order, awaited or not. Its assertions that return promises are not exempt.
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafePromises: [
            { from: 'package', package: '@tapjs/core', name: 'PromiseWithSubtest' },
          ],
        },
      ],
    },
  },
  {
    files: pureRooms,
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: 'node:crypto',
              allowImportNames: ['createHash', 'hash'],
              message: noChance,
            },
          ],
          patterns: [
            {
              regex: '^node:(?!(buffer|util|url|path/posix|string_decoder|crypto)$)',
              message: noInput,
            },
            {
              regex:
                '^(pg|pg-copy-streams|ioredis|undici|lmdb|piscina|pino|prom-client|cockatiel|node-rdkafka|@elastic/.*|@influxdata/.*)$',
              message: noInput,
            },
          ],
        },
      ],
      'no-restricted-globals': [
        'error',
        { name: 'performance', message: noClock },
        { name: 'setTimeout', message: noClock },
        { name: 'setInterval', message: noClock },
        { name: 'setImmediate', message: noClock },
        { name: 'process', message: noInput },
        { name: 'fetch', message: noInput },
        { name: 'console', message: noInput },
        { name: 'WebSocket', message: noInput },
        { name: 'crypto', message: noChance },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: noClock },
        { object: 'Math', property: 'random', message: noChance },
        { object: 'globalThis', message: noInput },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: noClock },
        { selector: "CallExpression[callee.name='Date']", message: noClock },
        { selector: 'ImportExpression', message: noInput },
      ],
    },
  },
  {
    // Command lines for people: they print.
    files: ['src/main.ts', 'src/cli/**/*.ts', 'stack/main.ts', 'bench/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
);
