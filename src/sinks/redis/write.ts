import { ReplyError } from 'ioredis';
import { SluiceError } from '../../errors/codes.ts';
import type { WriterContext } from '../context.ts';
import { NO_POSITION, positionOf } from '../deltas.ts';
import { isNetworkError, Limits, messageOf, settled } from '../limits.ts';
import { Run, RunVerdicts } from '../run.ts';
import type { Payload, RowReject, RowRetry, SinkWriter, Verdict } from '../sink.ts';
import { readTls } from '../tls.ts';
import { type Connection, openConnection } from './connection.ts';
import { guardKey } from './key.ts';
import { type Call, planRun } from './plan.ts';
import { guardLifeMs, parseAnswer, type ScriptAnswer, script, scriptHash } from './script.ts';
import type { RedisOptions, RedisOutput } from './spec.ts';
import { replyCode } from './verdict.ts';

interface StepResult {
  /** Why the step's payloads have to be sent again; the shards that have counted them will not do so twice. */
  readonly failure: RowRetry | undefined;
  /** By piece. Not found again by a repetition, since the guard has moved. */
  readonly refused: ReadonlyMap<number, RowReject>;
}

const torn: RowRetry = {
  kind: 'retry',
  code: 'SLUICE_SINK_BUSY',
  reason: 'counted in part by a request that was given up',
};

/** Adds a run's deltas to counters, each payload once: the lane's guard moves in the same script. */
export class RedisWriter implements SinkWriter {
  readonly #options: RedisOptions;
  readonly #expireMs: number;
  readonly #slot: string;
  readonly #limits: Limits;
  /** For each lane: the highest position that was ever sent. */
  readonly #attempted = new Map<number, string>();
  #connection: Connection | undefined;
  #opening: Promise<Connection> | undefined;

  constructor(options: RedisOptions, output: RedisOutput, context: WriterContext) {
    this.#options = options;
    this.#expireMs = output.expire;
    this.#slot = [context.incarnation, context.pipeline, context.output]
      .join(':')
      .replace(/[{}\s]/g, '_');
    this.#limits = new Limits(64, options.timeout);
  }

  async connect(signal: AbortSignal): Promise<void> {
    try {
      await this.#limits.run(async (limit) => (await this.#open(limit)).ping(), signal);
    } catch (error) {
      this.#drop();
      const { code, reason } = failureOf(error);
      throw new SluiceError(code, reason, { cause: error });
    }
  }

  async write(payloads: readonly Payload[], signal: AbortSignal): Promise<readonly Verdict[]> {
    const run = new Run(payloads);
    const verdicts = new RunVerdicts(run);
    const [first] = payloads;
    const last = payloads.at(-1);
    if (first === undefined || last === undefined) return [];
    const { lane } = first;
    const attempted = this.#attempted.get(lane) ?? NO_POSITION;
    const position = positionOf(last);
    if (position > attempted) this.#attempted.set(lane, position);
    for (const step of planRun(payloads, this.#options.key_prefix, attempted)) {
      const { failure, refused } = await this.#send(step.calls, lane, signal);
      if (failure !== undefined) verdicts.setRange(run.first(step.from), run.pieces, failure);
      for (const [piece, verdict] of refused) verdicts.set(piece, verdict);
      if (failure !== undefined) break;
    }
    return verdicts.finish();
  }

  async close(signal: AbortSignal): Promise<void> {
    if (this.#connection !== undefined) await settled(this.#connection.quit(), signal);
    this.#drop();
  }

  async #send(calls: readonly Call[], lane: number, signal: AbortSignal): Promise<StepResult> {
    const refused = new Map<number, RowReject>();
    let failure: RowRetry | undefined;
    const apply = async (call: Call, limit: AbortSignal): Promise<void> => {
      try {
        const answer = await this.#run(call, lane, limit);
        if (answer.torn > 0) failure ??= torn;
        for (const [counter, reason] of answer.refused) {
          for (const piece of call.pieces[counter] ?? []) {
            refused.set(piece, { kind: 'reject', code: 'SLUICE_ROW_REFUSED', reason });
          }
        }
      } catch (error) {
        failure ??= failureOf(error);
      }
    };
    try {
      await this.#limits.run(
        (limit) => Promise.all(calls.map((call) => apply(call, limit))),
        signal,
      );
    } catch (error) {
      failure = failureOf(error);
    }
    if (failure !== undefined) this.#drop();
    return { failure, refused };
  }

  async #run(
    { shard, keys, args }: Call,
    lane: number,
    signal: AbortSignal,
  ): Promise<ScriptAnswer> {
    const client = await this.#open(signal);
    const guard = guardKey(this.#options.key_prefix, this.#slot, lane, shard);
    const words = [keys.length + 1, guard, ...keys, this.#expireMs, guardLifeMs, ...args] as const;
    const answer = parseAnswer(await callScript(client, words));
    if (answer === undefined)
      throw new SluiceError('SLUICE_SINK_PRODUCT', 'the script was not run by Redis');
    return answer;
  }

  async #open(signal: AbortSignal): Promise<Connection> {
    if (this.#connection?.status === 'ready') return this.#connection;
    this.#opening ??= this.#connect(signal).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #connect(signal: AbortSignal): Promise<Connection> {
    this.#drop();
    this.#connection = await openConnection(
      this.#options,
      await readTls(this.#options.tls),
      signal,
    );
    return this.#connection;
  }

  #drop(): void {
    this.#connection?.disconnect();
    this.#connection = undefined;
  }
}

type ScriptWords = readonly [keys: number, guard: string, ...words: (string | number)[]];

async function callScript(client: Connection, words: ScriptWords): Promise<unknown> {
  try {
    return await client.evalsha(scriptHash, ...words);
  } catch (error) {
    if (!messageOf(error).includes('NOSCRIPT')) throw error;
    return client.eval(script, ...words);
  }
}

function failureOf(error: unknown): RowRetry {
  const reason = messageOf(error);
  const retry = (code: RowRetry['code']): RowRetry => ({ kind: 'retry', code, reason });
  if (error instanceof SluiceError) return retry(error.code);
  if (error instanceof ReplyError) return retry(replyCode(reason));
  if (/timed out|ETIMEDOUT/.test(reason)) return retry('SLUICE_SINK_TIMEOUT');
  if (isNetworkError(error)) return retry('SLUICE_SINK_UNREACHABLE');
  const reply = replyCode(reason);
  return retry(reply === 'SLUICE_SINK_FAULT' ? 'SLUICE_SINK_UNREACHABLE' : reply);
}
