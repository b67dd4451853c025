// test.mjs [FILE...]  runs the compiled tests, prints failures as they occur, and ends with one line
// `N passed, N failed` that counts assertions, not files. Without FILE the tests share one running
// stack of real stores, which is up before the first test; a FILE starts the stores that it needs.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { Parser } from 'tap-parser';
import { startStack } from '../build/stack/stack.js';
import { temporaryFolder } from '../build/stack/user.js';
import { Tally } from './tally.mjs';

const files = process.argv
  .slice(2)
  .map((file) => file.replace(/^(?!build\/)(.*)\.ts$/, 'build/$1.js'));
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => interrupted.abort());

const tally = new Tally((line) => console.log(line));
try {
  if (files.length > 0) await runTap({});
  else await withStack(runTap);
} catch (error) {
  tally.fail(error instanceof Error ? error.message : String(error));
}
console.log(`${tally.passed} passed, ${tally.failed} failed`);
process.exitCode = tally.failed === 0 ? 0 : 1;

async function withStack(use) {
  const dataDir = await temporaryFolder('sluice-test-');
  try {
    const stack = await startStack({ dataDir, signal: interrupted.signal, log: console.log });
    try {
      const urls = Object.entries(stack.environment());
      await use(Object.fromEntries(urls.map(([name, url]) => [`SLUICE_TEST_${name}`, url])));
    } finally {
      await stack.stop();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function runTap(environment) {
  const tap = spawn('node_modules/.bin/tap', ['run', '--reporter=tap', ...files], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...environment, NODE_OPTIONS: '--enable-source-maps' },
    signal: interrupted.signal,
    killSignal: 'SIGTERM',
  });
  const parser = new Parser();
  tally.watch(parser, []);
  tap.stdout.pipe(parser);
  const [[code, signal]] = await Promise.all([once(tap, 'exit'), once(parser, 'complete')]);
  if (code !== 0 && tally.failed === 0)
    tally.fail(`tap ended with ${signal ?? `exit code ${code}`}`);
}
