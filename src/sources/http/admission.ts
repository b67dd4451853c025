import type { IncomingMessage } from 'node:http';
import type { Peer } from '../../pipeline/batch.ts';
import { FrameReader, type ReadState } from '../frame-reader.ts';
import { formatPeer } from '../peer.ts';
import { ReceiveArea } from '../receive-area.ts';
import type { SourceContext, Stream } from '../source.ts';
import { bodyOf } from './body.ts';
import { Refusal } from './refusal.ts';
import type { HttpOptions } from './spec.ts';
import { checkLines } from './validate.ts';

/** Requests that may wait for room at once: each holds a chunk of its body. Further ones are told to come back. */
const WAITERS = 16;
const CHUNK = 64 * 1024;
/** What unfinished lines of all requests may hold; beyond, requests that hold more than the second are told to come back. */
const HELD_TOGETHER = 16 * 1024 * 1024;
const HELD_ALWAYS = 64 * 1024;
const RETRY_AFTER = { headers: { 'retry-after': '1' } };

export interface Admitted {
  /** Records taken. */
  readonly accepted: number;
  /** Of these, longer than max_event. */
  readonly truncated: number;
}

/** Takes the records of requests into the stream, and answers for all of a request or for nothing. */
export class Admission {
  readonly #options: HttpOptions;
  readonly #context: SourceContext;
  readonly #stream: Stream;
  readonly #area = new ReceiveArea(CHUNK);
  #waiters = 0;
  /** Bytes of unfinished lines. */
  #held = 0;
  /** Bytes of bodies that are held for validation. */
  #validating = 0;

  constructor(options: HttpOptions, context: SourceContext, stream: Stream) {
    this.#options = options;
    this.#context = context;
    this.#stream = stream;
  }

  /** @param signal the request's end. @throws Refusal; records may have been taken by then, which the sender sends again */
  async admit(request: IncomingMessage, peer: Peer, signal: AbortSignal): Promise<Admitted> {
    let truncated = 0;
    const { max_event: maxRecord } = this.#options;
    const reader = new FrameReader(this.#stream, {
      mode: 'lf',
      maxRecord,
      peer,
      truncated: () => {
        truncated += 1;
        const detail = `${formatPeer(peer)}: line truncated at ${maxRecord} bytes`;
        this.#context.error('SLUICE_EVENT_TOO_LONG', detail, peer);
      },
      incomplete: () => undefined,
    });
    if (this.#waiters >= WAITERS) throw busy('other requests are waiting');
    const body = bodyOf(request, this.#options, (bytes) => {
      this.#context.metrics.receivedBytes(bytes);
    });
    let held = 0;
    const account = (): void => {
      this.#held += reader.held - held;
      held = reader.held;
    };
    try {
      for await (const chunk of this.#options.validate ? this.#validated(body) : body) {
        for (let at = 0; at < chunk.length; at += CHUNK) {
          const piece = this.#area.copy(chunk.subarray(at, at + CHUNK));
          const state = reader.push(piece, this.#area.headroom);
          await this.#untilTaken(state, reader, () => reader.resume(), signal);
          account();
          if (held > HELD_ALWAYS && this.#held > Math.max(HELD_TOGETHER, 2 * maxRecord))
            throw busy(`unfinished lines fill the memory; ${takenOf(reader)}`);
        }
      }
      await this.#untilTaken(reader.end(false), reader, () => reader.end(false), signal);
    } finally {
      this.#held -= held;
    }
    await this.#acknowledged(signal);
    return { accepted: reader.records, truncated };
  }

  async #untilTaken(
    first: ReadState,
    reader: FrameReader,
    again: () => ReadState,
    signal: AbortSignal,
  ): Promise<void> {
    let state = first;
    while (state === 'full') {
      // What is taken comes twice when the request is refused, so then the wait is as long as a request may take.
      const { room_timeout, request_timeout } = this.#options;
      const limit = reader.records === 0 ? room_timeout : request_timeout;
      await this.#room(AbortSignal.any([signal, AbortSignal.timeout(limit)]), signal, reader);
      state = again();
    }
  }

  async #room(limited: AbortSignal, signal: AbortSignal, reader: FrameReader): Promise<void> {
    this.#waiters += 1;
    try {
      await this.#stream.room(limited);
    } catch (error) {
      if (signal.aborted) throw error;
      throw busy(takenOf(reader));
    } finally {
      this.#waiters -= 1;
    }
  }

  async #acknowledged(signal: AbortSignal): Promise<void> {
    const { ack } = this.#context;
    const { ack_timeout } = this.#options;
    try {
      await this.#stream.reached(ack, AbortSignal.any([signal, AbortSignal.timeout(ack_timeout)]));
    } catch (error) {
      if (signal.aborted) throw error;
      throw new Refusal(
        504,
        'SLUICE_HTTP_ACK_TIMEOUT',
        `the records are not ${ack} after ${ack_timeout} ms`,
        RETRY_AFTER,
      );
    }
  }

  /** The whole body in one piece, once each of its lines is known to be JSON. */
  async *#validated(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const { max_request } = this.#options;
    const pieces: Buffer[] = [];
    let held = 0;
    try {
      for await (const piece of body) {
        held += piece.length;
        this.#validating += piece.length;
        if (held > max_request) {
          const detail = `a body to be validated is larger than ${max_request} bytes`;
          throw new Refusal(413, 'SLUICE_HTTP_TOO_LARGE', detail);
        }
        if (this.#validating > 2 * max_request) throw busy('other requests are being validated');
        pieces.push(piece);
      }
      const whole = Buffer.concat(pieces);
      checkLines(whole);
      yield whole;
    } finally {
      this.#validating -= held;
    }
  }
}

const takenOf = ({ records }: FrameReader): string =>
  `${records} records of the request were taken`;

function busy(detail: string): Refusal {
  return new Refusal(429, 'SLUICE_HTTP_BUSY', `no room now: ${detail}`, RETRY_AFTER);
}
