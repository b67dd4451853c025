import { parentPort, workerData } from 'node:worker_threads';
import { ConfigError } from '../config/diagnostic.ts';
import { SluiceError } from '../errors/codes.ts';
import type { LoadAnswer } from './load-apart.ts';
import { loadForVerb } from './load.ts';

/** The thread of load-apart.ts: loads one configuration, answers, ends. */
async function answer(file: string): Promise<LoadAnswer> {
  try {
    const { config, warnings, source } = await loadForVerb(file);
    return { kind: 'loaded', config, warnings, text: source.text };
  } catch (error) {
    if (error instanceof ConfigError) {
      return { kind: 'invalid', diagnostics: error.diagnostics, text: error.source.text };
    }
    if (error instanceof SluiceError) {
      return { kind: 'failed', code: error.code, message: error.message };
    }
    throw error;
  }
}

parentPort?.postMessage(await answer(workerData as string));
