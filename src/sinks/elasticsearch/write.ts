import { Readable } from 'node:stream';
import type { Client } from '@elastic/elasticsearch';
import { SluiceError } from '../../errors/codes.ts';
import { Limits, settled } from '../limits.ts';
import { Run, RunVerdicts } from '../run.ts';
import type { Payload, SinkWriter, Verdict } from '../sink.ts';
import { readTls } from '../tls.ts';
import { createClient, failureOf } from './client.ts';
import type { ElasticsearchOptions } from './spec.ts';
import { type BulkAnswer, itemVerdict } from './verdict.ts';

const bulkQuery = 'filter_path=errors,items.*.status,items.*.error';

/** Requests that one attempt may spend on finding refused pieces by halving; the rest waits for the next attempt. */
const splitBudget = 64;

interface Attempt {
  readonly run: Run;
  readonly verdicts: RunVerdicts;
  readonly signal: AbortSignal;
  requests: number;
}

/** Ships runs as `_bulk` requests. An event's `_id` is its `event.id`, so what comes twice conflicts and is done. */
export class ElasticsearchWriter implements SinkWriter {
  readonly #options: ElasticsearchOptions;
  readonly #limits: Limits;
  #client: Client | undefined;

  constructor(options: ElasticsearchOptions) {
    this.#options = options;
    this.#limits = new Limits(options.max_in_flight, options.timeout);
  }

  async connect(signal: AbortSignal): Promise<void> {
    const client = await this.#open();
    try {
      await this.#limits.run((limit) => client.info({}, { signal: limit }), signal);
    } catch (error) {
      const failure = failureOf(error);
      const { code, reason } = failure.kind === 'split' ? failure.ifAlone : failure;
      // Not as a cause: the client's error holds the request, credentials and all.
      throw new SluiceError(failure.kind === 'split' ? 'SLUICE_SINK_PRODUCT' : code, reason);
    }
  }

  async write(payloads: readonly Payload[], signal: AbortSignal): Promise<readonly Verdict[]> {
    const run = new Run(payloads);
    const attempt: Attempt = { run, verdicts: new RunVerdicts(run), signal, requests: 0 };
    await this.#send(attempt, 0, run.pieces);
    return attempt.verdicts.finish();
  }

  async close(signal: AbortSignal): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    // A graceful close waits for the answers that are still to come.
    if (client !== undefined) await settled(client.close(), signal);
  }

  async #open(): Promise<Client> {
    this.#client ??= createClient(this.#options, await readTls(this.#options.tls));
    return this.#client;
  }

  /** Sends the pieces [from, to), in halves where the store refuses them as a whole. */
  async #send(attempt: Attempt, from: number, to: number): Promise<void> {
    if (from >= to) return;
    const { run, verdicts } = attempt;
    attempt.requests++;
    try {
      const answer = await this.#bulk(run.buffers(from, to), attempt.signal);
      judge(answer, from, to, verdicts);
      return;
    } catch (error) {
      const failure = failureOf(error);
      if (failure.kind === 'retry') return verdicts.setRange(from, to, failure);
      if (to - from === 1) return verdicts.set(from, failure.ifAlone);
      if (attempt.requests >= splitBudget) {
        const { reason } = failure.ifAlone;
        return verdicts.setRange(from, to, { kind: 'retry', code: 'SLUICE_SINK_FAULT', reason });
      }
    }
    const middle = (from + to) >> 1;
    await this.#send(attempt, from, middle);
    await this.#send(attempt, middle, to);
  }

  /** A stream's length must be said, or it would go out in chunks. */
  #headers(views: readonly Buffer[]): Record<string, string> {
    if (this.#options.compress || views.length === 1) return {};
    return { 'content-length': String(views.reduce((sum, view) => sum + view.length, 0)) };
  }

  async #bulk(views: readonly Buffer[], signal: AbortSignal): Promise<BulkAnswer> {
    const client = await this.#open();
    return this.#limits.run(
      (limit) =>
        client.transport.request<BulkAnswer>(
          { method: 'POST', path: '/_bulk', querystring: bulkQuery, bulkBody: bodyOf(views) },
          { signal: limit, headers: this.#headers(views) },
        ),
      signal,
    );
  }
}

/** Payloads go out as they lie in the workers' memory: putting several together first cost 15 % of the main thread. */
function bodyOf(views: readonly Buffer[]): Buffer | Readable {
  const [only] = views;
  return only !== undefined && views.length === 1 ? only : Readable.from(views);
}

function judge(answer: BulkAnswer, from: number, to: number, verdicts: RunVerdicts): void {
  if (answer.errors === false) return;
  const items = answer.items ?? [];
  if (answer.errors !== true || items.length !== to - from) {
    const reason = `the answer has ${items.length} items for ${to - from} events`;
    return verdicts.setRange(from, to, { kind: 'retry', code: 'SLUICE_SINK_FAULT', reason });
  }
  for (const [index, item] of items.entries()) {
    const verdict = itemVerdict(Object.values(item)[0]);
    if (verdict === 'duplicate') verdicts.duplicate(from + index);
    else if (verdict !== 'delivered') verdicts.set(from + index, verdict);
  }
}
