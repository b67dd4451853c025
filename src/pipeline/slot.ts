import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type ErrorCode, SluiceError } from '../errors/codes.ts';
import type { SinkWriter, Verdict } from '../sinks/sink.ts';
import type { PagePayload } from '../workers/payload.ts';
import { Backoff } from './backoff.ts';
import type { DeadLetter, DeadLetters } from './dead-letters.ts';
import { rejectedRow } from './dead-letters.ts';
import { type FlowBatch, LANES } from './flow-batch.ts';
import { Lane } from './lane.ts';
import { countError, deadLettered, delivered, type SlotTally } from './ledger.ts';
import type { Shipment } from './shipment.ts';
import { Stopwatch } from './stopwatch.ts';

export interface SlotLimits {
  /** Runs under way at the same time, over all lanes. */
  readonly maxInFlight: number;
  /** Bytes of one run; a single payload may be larger. */
  readonly requestBytes: number;
  /** Longest time that a run waits to fill up, ms. */
  readonly linger: number;
  /** Of one attempt, ms. The writer has limits of its own; this one is for what gets past them. */
  readonly timeout: number;
}

export interface SlotOptions {
  readonly tally: SlotTally;
  readonly writer: SinkWriter;
  readonly limits: SlotLimits;
  readonly deadLetters: DeadLetters;
  readonly log: Logger;
  /** The workers run out of pages: send what there is. */
  readonly pressed: () => boolean;
  readonly latency: (ms: number) => void;
}

/** Why a slot does not deliver. */
export interface Trouble {
  readonly code: ErrorCode;
  readonly reason: string;
  /** Epoch ms. */
  readonly since: number;
}

/** A message about the same trouble is repeated at most this often. */
const REPEAT_MS = 30_000;

/**
 * Pipeline × output: brings payloads to a store, lane by lane. Each lane has one run under way, in order; what a verdict
 * leaves over is sent again before the lane goes on. A slot that cannot deliver holds its payloads; as pages and buffers
 * are bounded, the sources stop. (Outputs with `required: false` hold as well: what lets them fall behind is a journal.)
 */
export class Slot {
  readonly name: string;
  readonly tally: SlotTally;
  /** Time during which payloads waited although the store was asked all it takes. */
  readonly saturated = new Stopwatch();
  readonly #options: SlotOptions;
  readonly #lanes = Array.from({ length: LANES }, () => new Lane());
  readonly #stop = new AbortController();
  readonly #reconnects = new Backoff();
  #connected = false;
  #reconnecting = false;
  #inFlight = 0;
  #draining = false;
  #nextLane = 0;
  #timer: NodeJS.Timeout | undefined;
  #timerDue = Number.POSITIVE_INFINITY;
  #trouble: Trouble | undefined;
  #saidAt = 0;
  #said: string | undefined;

  constructor(options: SlotOptions) {
    this.#options = options;
    this.tally = options.tally;
    this.name = `${options.tally.output.pipeline}.${options.tally.output.name}`;
  }

  /** Connects and keeps trying; does not wait for it. */
  start(): void {
    this.#reconnect(0);
  }

  get trouble(): Trouble | undefined {
    return this.#trouble;
  }

  get connected(): boolean {
    return this.#connected;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Bytes that wait for a run. */
  get waitingBytes(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.waitingBytes, 0);
  }

  /** For each lane, the last batch up to which all are settled. */
  get positions(): readonly number[] {
    return this.#lanes.map(({ position }) => position);
  }

  accept(payload: PagePayload): void {
    this.#lane(payload.lane).accept(payload, performance.now());
    this.#pump();
  }

  batchDone(batch: FlowBatch): void {
    this.#lane(batch.lane).batchDone(batch.header.sequence);
  }

  /** From now on nothing waits for more: the daemon ends. */
  drain(): void {
    this.#draining = true;
    this.#pump();
  }

  /** Gives up what is under way and lets go of the store. */
  async close(signal: AbortSignal): Promise<void> {
    clearTimeout(this.#timer);
    this.#stop.abort(new SluiceError('SLUICE_SINK_STOPPED', 'the daemon stops'));
    await this.#options.writer.close(signal);
  }

  #lane(number: number): Lane {
    return this.#lanes[number] as Lane;
  }

  /** Sends what may go now, and sets the clock for what may go later. */
  #pump(): void {
    const { limits } = this.#options;
    const now = performance.now();
    const hurry = this.#draining || this.#options.pressed();
    const first = this.#nextLane;
    let due = Number.POSITIVE_INFINITY;
    let late = false;
    for (let k = 0; k < LANES; k++) {
      const lane = this.#lane((first + k) % LANES);
      if (!lane.hasWork) continue;
      const at = lane.busy ? Number.POSITIVE_INFINITY : dueAt(lane, limits, hurry);
      if (at <= now && this.#connected && this.#inFlight < limits.maxInFlight) {
        this.#nextLane = (first + k + 1) % LANES;
        this.#send(lane);
      } else {
        due = Math.min(due, at);
      }
      late ||= lane.waiting > 0 || (!lane.busy && lane.run.length > 0);
    }
    const asked = this.#inFlight >= Math.min(limits.maxInFlight, LANES);
    this.saturated.set(late && (asked || !this.#connected), now);
    if (this.#connected && this.#inFlight < limits.maxInFlight) this.#wakeAt(due, now);
  }

  #wakeAt(due: number, now: number): void {
    if (due >= this.#timerDue) return;
    clearTimeout(this.#timer);
    this.#timerDue = due;
    const woken = (): void => {
      this.#timerDue = Number.POSITIVE_INFINITY;
      this.#pump();
    };
    this.#timer = setTimeout(woken, Math.max(1, due - now));
  }

  #send(lane: Lane): void {
    if (lane.run.length === 0) {
      lane.begin(this.#options.limits.requestBytes, performance.now());
    }
    lane.busy = true;
    lane.attempts++;
    this.#inFlight++;
    if (lane.attempts > 1) this.tally.retries++;
    void this.#attempt(lane).then(
      () => this.#sent(lane),
      (error: unknown) => {
        this.#broken(error);
        this.#sent(lane);
      },
    );
  }

  #sent(lane: Lane): void {
    lane.busy = false;
    this.#inFlight--;
    if (!this.#stop.signal.aborted) this.#pump();
  }

  async #attempt(lane: Lane): Promise<void> {
    const verdicts = await this.#write(lane.run);
    if (this.#stop.signal.aborted) return;
    const left: Shipment[] = [];
    const letters: DeadLetter[] = [];
    const settled: (() => void)[] = [];
    let progress = false;
    let afterMs = 0;
    let failure: Extract<Verdict, { kind: 'retry' }> | undefined;
    lane.run.forEach((shipment, k) => {
      const verdict = verdicts[k] ?? missing;
      const outcome = shipment.apply(verdict);
      if (verdict.kind === 'retry') failure ??= verdict;
      else progress = true;
      // After a failed attempt or a worker's death the store may have the rows already: only a first time is an alarm.
      if (verdict.kind !== 'retry' && lane.attempts === 1 && shipment.origin.source.crashes === 0) {
        this.tally.unexpectedDuplicates += verdict.duplicates ?? 0;
      }
      if (outcome.retry !== undefined) countError(this.tally, outcome.retry.code);
      afterMs = Math.max(afterMs, outcome.afterMs);
      for (const { ordinal, verdict: reject, piece } of outcome.rejected) {
        countError(this.tally, reject.code);
        const { output } = this.tally;
        letters.push(
          rejectedRow(shipment.origin.source, output, ordinal, reject, piece, lane.attempts),
        );
      }
      const lost = shipment.lost(outcome.rejected.length, outcome.left);
      settled.push(() => {
        delivered(this.tally, outcome.delivered);
        deadLettered(this.tally, lost);
        if (outcome.left) return;
        this.#options.latency(Date.now() - shipment.origin.receivedAt);
        shipment.origin.release();
      });
      if (outcome.left) left.push(shipment);
    });
    // A refused row is settled once its dead letter is on disk.
    if (letters.length > 0) await this.#options.deadLetters.write(letters, this.#stop.signal);
    for (const settle of settled) settle();
    lane.finish(left);
    if (progress) this.#recovered();
    if (failure !== undefined) this.#failed(failure);
    if (left.length === 0) return;
    if (failure !== undefined && !progress) this.#reconnect(failure.afterMs ?? 0);
    else lane.pause(performance.now(), Math.max(afterMs, failure?.afterMs ?? 0));
  }

  async #write(run: readonly Shipment[]): Promise<readonly Verdict[]> {
    const { writer, limits } = this.#options;
    const attempt = new AbortController();
    const timer = setTimeout(
      () => attempt.abort(new SluiceError('SLUICE_SINK_TIMEOUT', 'the attempt took too long')),
      limits.timeout,
    );
    const stop = (): void => {
      clearTimeout(timer);
      attempt.abort(this.#stop.signal.reason);
    };
    this.#stop.signal.addEventListener('abort', stop, { once: true });
    const payloads = run.map(({ payload }) => payload);
    this.tally.requests++;
    this.tally.sentBytes += payloads.reduce((sum, { bytes }) => sum + bytes.length, 0);
    try {
      return await writer.write(payloads, attempt.signal);
    } finally {
      clearTimeout(timer);
      this.#stop.signal.removeEventListener('abort', stop);
    }
  }

  /** A writer that throws breaks its contract: the run is held and tried again. */
  #broken(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    const { code, message } = asSluiceError(error);
    this.#failed({ kind: 'retry', code, reason: message });
    this.#reconnect(0);
  }

  #failed({ code, reason, misconfigured }: Extract<Verdict, { kind: 'retry' }>): void {
    countError(this.tally, code);
    this.#setTrouble(code, reason, misconfigured === true);
  }

  #setTrouble(code: ErrorCode, reason: string, loud: boolean): void {
    this.#trouble = { code, reason, since: this.#trouble?.since ?? Date.now() };
    const now = performance.now();
    if (this.#said === code && now - this.#saidAt < REPEAT_MS) return;
    this.#said = code;
    this.#saidAt = now;
    const { log } = this.#options;
    const fields = { slot: this.name, sink: this.tally.output.sink, code, reason };
    if (loud)
      log.error(
        fields,
        'the store refuses everything until its settings are mended; events are held',
      );
    else log.warn(fields, 'the store does not take events; they are held');
  }

  #recovered(): void {
    this.#reconnects.reset();
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    this.#said = undefined;
    const { log } = this.#options;
    log.info({ slot: this.name, sink: this.tally.output.sink }, 'the store takes events again');
  }

  /** Pauses all lanes until the store is reached again. */
  #reconnect(afterMs: number): void {
    if (!this.#connected && this.#reconnecting) return;
    this.#connected = false;
    this.#reconnecting = true;
    void this.#connect(afterMs);
  }

  async #connect(afterMs: number): Promise<void> {
    const { signal } = this.#stop;
    let pause = this.#trouble === undefined ? 0 : this.#reconnects.next(afterMs);
    let failed = false;
    while (!signal.aborted) {
      try {
        if (pause > 0) await sleep(pause, undefined, { signal });
        await this.#options.writer.connect(signal);
        break;
      } catch (error) {
        if (signal.aborted) return;
        const { code, message } = asSluiceError(error);
        failed = true;
        countError(this.tally, code);
        this.#setTrouble(code, message, false);
        pause = this.#reconnects.next();
      }
    }
    this.#reconnecting = false;
    this.#connected = true;
    // What a request was refused for is over when a request succeeds; a store that was not reached is reached now.
    if (failed && this.#lanes.every(({ run }) => run.length === 0)) this.#recovered();
    this.#pump();
  }
}

const missing: Verdict = {
  kind: 'retry',
  code: 'SLUICE_INTERNAL',
  reason: 'the writer gave no verdict',
};

/** When the lane's next run may go, ms. */
function dueAt(lane: Lane, limits: SlotLimits, hurry: boolean): number {
  if (lane.run.length > 0) return lane.notBefore;
  if (hurry || lane.waitingBytes >= limits.requestBytes) return 0;
  return lane.since + limits.linger;
}

function asSluiceError(error: unknown): { code: ErrorCode; message: string } {
  if (error instanceof SluiceError) return error;
  return {
    code: 'SLUICE_INTERNAL',
    message: error instanceof Error ? error.message : String(error),
  };
}
