import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ConfigError, type Diagnostic } from '../config/diagnostic.ts';
import type { Loaded } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { SourceText } from '../config/source-text.ts';
import { type ErrorCode, SluiceError } from '../errors/codes.ts';

export type LoadAnswer =
  | {
      readonly kind: 'loaded';
      readonly config: Config;
      readonly warnings: readonly Diagnostic[];
      readonly text: string;
    }
  | { readonly kind: 'invalid'; readonly diagnostics: readonly Diagnostic[]; readonly text: string }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string };

const LIMIT_MS = 60_000;

/**
 * Loads a configuration for a daemon, in a thread that then ends: schemas and YAML are needed once, and their memory
 * goes with it.
 * @throws ConfigError, SluiceError, as loadForVerb does
 */
export async function loadApart(file: string): Promise<Loaded> {
  const answer = await ask(file);
  if (answer.kind === 'failed') throw new SluiceError(answer.code, answer.message);
  const source = new SourceText(file, answer.text);
  if (answer.kind === 'invalid') throw new ConfigError(answer.diagnostics, source);
  return { config: answer.config, warnings: answer.warnings, source };
}

function ask(file: string): Promise<LoadAnswer> {
  const entry = new URL(`./load-thread${extname(import.meta.url)}`, import.meta.url);
  const thread = new Worker(entry, { workerData: file });
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      reject(
        new SluiceError('SLUICE_INTERNAL', `the configuration took over ${LIMIT_MS / 1000} s`),
      );
      void thread.terminate();
    }, LIMIT_MS);
    thread.once('message', (answer: LoadAnswer) => {
      clearTimeout(late);
      // Its memory is free before the daemon asks for its own.
      thread.once('exit', () => resolve(answer));
    });
    thread.once('error', (error) => {
      clearTimeout(late);
      reject(error);
    });
  });
}
