import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { SluiceError } from '../../errors/codes.ts';
import { Bodies } from '../bodies.ts';
import { HttpTarget } from '../http.ts';
import { Limits, messageOf } from '../limits.ts';
import { retryAfterMs } from '../retry-after.ts';
import { Run, RunVerdicts } from '../run.ts';
import type { Payload, RowRetry, SinkWriter, Verdict } from '../sink.ts';
import { readTls } from '../tls.ts';
import { checkServer } from './check.ts';
import { authorization, writePath } from './endpoint.ts';
import type { InfluxdbOptions } from './spec.ts';
import { type WriteVerdict, writeVerdict } from './verdict.ts';

const compress = promisify(gzip);

/** Requests that one attempt may spend on finding refused lines by halving; the rest waits for the next attempt. */
const splitBudget = 64;

interface Attempt {
  readonly run: Run;
  readonly verdicts: RunVerdicts;
  readonly signal: AbortSignal;
  requests: number;
}

/**
 * Ships runs of line protocol. A point that is sent again overwrites itself.
 * The bytes go by plain HTTP: WriteApi of the npm client answers `flush` and `close` before its full batches have
 * arrived, drops its retry buffer on `close` and takes `Retry-After: 1` for a millisecond, and its transport takes
 * strings only. It asks the questions of `connect`.
 */
export class InfluxdbWriter implements SinkWriter {
  readonly #options: InfluxdbOptions;
  readonly #path: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #limits: Limits;
  readonly #bodies = new Bodies();
  #target: HttpTarget | undefined;

  constructor(options: InfluxdbOptions) {
    this.#options = options;
    this.#path = writePath(options);
    this.#limits = new Limits(options.max_in_flight, options.timeout);
    this.#headers = {
      'content-type': 'text/plain; charset=utf-8',
      ...authorization(options),
      ...(options.compress ? { 'content-encoding': 'gzip' } : {}),
    };
  }

  async connect(signal: AbortSignal): Promise<void> {
    const tls = await readTls(this.#options.tls);
    await this.#limits.run((limit) => checkServer(this.#options, tls, limit), signal);
  }

  async write(payloads: readonly Payload[], signal: AbortSignal): Promise<readonly Verdict[]> {
    const run = new Run(payloads);
    const attempt: Attempt = { run, verdicts: new RunVerdicts(run), signal, requests: 0 };
    await this.#send(attempt, 0, run.pieces);
    return attempt.verdicts.finish();
  }

  async close(): Promise<void> {
    this.#target?.close();
    this.#target = undefined;
  }

  /** Sends the lines [from, to), in halves where the store refuses some of them. */
  async #send(attempt: Attempt, from: number, to: number): Promise<void> {
    if (from >= to) return;
    const { run, verdicts, signal } = attempt;
    attempt.requests++;
    const verdict = await this.#post(run.buffers(from, to), to - from, signal);
    if (verdict.kind === 'delivered') return;
    if (verdict.kind === 'retry') return verdicts.setRange(from, to, verdict);
    if (verdict.kind === 'all' || to - from === 1)
      return verdicts.setRange(from, to, verdict.reject);
    if (attempt.requests >= splitBudget) {
      const { reason } = verdict.reject;
      return verdicts.setRange(from, to, { kind: 'retry', code: 'SLUICE_SINK_FAULT', reason });
    }
    const middle = (from + to) >> 1;
    await this.#send(attempt, from, middle);
    await this.#send(attempt, middle, to);
  }

  async #post(views: readonly Buffer[], lines: number, signal: AbortSignal): Promise<WriteVerdict> {
    try {
      const target = await this.#open();
      const { status, text, headers } = await this.#limits.run(
        (limit) =>
          this.#bodies.with(views, async (lines) => {
            const body = this.#options.compress ? await compress(lines, { level: 1 }) : lines;
            return target.post({ path: this.#path, headers: this.#headers, body }, limit);
          }),
        signal,
      );
      return writeVerdict(status, text, lines, retryAfterMs(headers['retry-after']));
    } catch (error) {
      return failureOf(error);
    }
  }

  async #open(): Promise<HttpTarget> {
    const { url, max_in_flight, tls } = this.#options;
    this.#target ??= new HttpTarget(url, max_in_flight, await readTls(tls));
    return this.#target;
  }
}

function failureOf(error: unknown): RowRetry {
  const code = error instanceof SluiceError ? error.code : 'SLUICE_SINK_UNREACHABLE';
  return { kind: 'retry', code, reason: messageOf(error) };
}
