#!/usr/bin/env -S node --max-semi-space-size=2 --v8-pool-size=1
// V8 left alone takes 30 MB more for young objects and helper threads than a daemon needs whose events are bytes.
import { runCli } from './cli/program.ts';

/** 128 + the signal's number, as a shell reports it. */
const EXIT_BY_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const;

function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // Whoever asks twice does not want to wait for the drain.
      if (stop.signal.aborted) process.exit(EXIT_BY_SIGNAL[signal]);
      stop.abort(new Error(signal));
    });
  }
  return stop.signal;
}

// The reader of a pipe went away (`sluice parse … | head`): that is its right.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const { stdin, stdout, stderr, env } = process;
process.exitCode = await runCli(process.argv.slice(2), { stdin, stdout, stderr, env, stopSignal });
