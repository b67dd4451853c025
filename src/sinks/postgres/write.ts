import { SluiceError } from '../../errors/codes.ts';
import type { WriterContext } from '../context.ts';
import { settled } from '../limits.ts';
import { Run, RunVerdicts } from '../run.ts';
import type { Payload, SinkWriter, Verdict } from '../sink.ts';
import { checkTable } from './check.ts';
import { failureOf } from './failure.ts';
import { Sessions } from './sessions.ts';
import type { PostgresOptions, PostgresOutput } from './spec.ts';
import { loadStatements } from './sql.ts';

/** Transactions that one attempt may spend on finding refused rows; the rest waits for the next attempt. */
const loadBudget = 64;

interface Attempt {
  readonly run: Run;
  readonly verdicts: RunVerdicts;
  readonly signal: AbortSignal;
  loads: number;
}

/** Loads a run in one transaction. A row that the table has already, by a unique key, is passed over. */
export class PostgresWriter implements SinkWriter {
  readonly #output: PostgresOutput;
  readonly #sessions: Sessions;
  readonly #log: WriterContext['log'];
  #warned = false;

  constructor(
    options: PostgresOptions,
    output: PostgresOutput,
    { log }: Pick<WriterContext, 'log'>,
  ) {
    const { url, timeout, max_in_flight } = options;
    this.#output = output;
    this.#log = log;
    const settings = { url, timeoutMs: timeout, statements: loadStatements(output) };
    this.#sessions = new Sessions(settings, max_in_flight);
  }

  async connect(signal: AbortSignal): Promise<void> {
    try {
      const guarded = await this.#sessions.use(
        ({ client }) => checkTable(client, this.#output),
        signal,
      );
      if (!guarded && !this.#warned) this.#warn();
    } catch (error) {
      if (error instanceof SluiceError) throw error;
      const { verdict } = failureOf(error);
      throw new SluiceError(verdict.code, verdict.reason, { cause: error });
    }
  }

  async write(payloads: readonly Payload[], signal: AbortSignal): Promise<readonly Verdict[]> {
    const run = new Run(payloads);
    const attempt: Attempt = { run, verdicts: new RunVerdicts(run), signal, loads: 0 };
    await this.#load(attempt, 0, run.pieces);
    return attempt.verdicts.finish();
  }

  async close(signal: AbortSignal): Promise<void> {
    await settled(this.#sessions.close(), signal);
    this.#sessions.destroy();
  }

  /** Loads the pieces [from, to); around the row that the server refuses, where it names one, else in halves. */
  async #load(attempt: Attempt, from: number, to: number): Promise<void> {
    if (from >= to) return;
    const { run, verdicts, signal } = attempt;
    attempt.loads++;
    try {
      const views = run.buffers(from, to);
      const loaded = await this.#sessions.use((session) => session.load(views), signal);
      // Which of the rows were there already the server does not say; only their number counts.
      for (let piece = from; piece < to - loaded; piece++) verdicts.duplicate(piece);
      return;
    } catch (error) {
      const failure = failureOf(error);
      if (failure.kind === 'retry') return verdicts.setRange(from, to, failure.verdict);
      if (to - from === 1) return verdicts.set(from, failure.verdict);
      if (attempt.loads >= loadBudget) {
        const { reason } = failure.verdict;
        return verdicts.setRange(from, to, { kind: 'retry', code: 'SLUICE_SINK_FAULT', reason });
      }
      const bad = from + (failure.line ?? Number.NaN);
      if (bad < to) {
        verdicts.set(bad, failure.verdict);
        await this.#load(attempt, from, bad);
        return this.#load(attempt, bad + 1, to);
      }
    }
    const middle = (from + to) >> 1;
    await this.#load(attempt, from, middle);
    await this.#load(attempt, middle, to);
  }

  #warn(): void {
    this.#warned = true;
    const { table } = this.#output;
    this.#log.warn(
      { table },
      'the table has no unique key: a batch that is sent twice doubles its rows',
    );
  }
}
