import type { WriterContext } from '../context.ts';
import { abortable } from '../limits.ts';
import { payloadOf } from '../lines.ts';
import { retryOf } from '../run.ts';
import type { Payload, RowReject, RowRetry, SinkWriter, Verdict } from '../sink.ts';
import { pointLine, writerTag } from './points.ts';
import { type Contribution, type Point, Segments } from './segments.ts';

interface Waiting {
  readonly payload: Payload;
  readonly contributions: readonly Contribution[];
  readonly settle: (verdict: Verdict) => void;
}

/**
 * Turns deltas into the points of segments and hands these to a writer of line protocol. Flushes go out one after the
 * other, or a smaller sum could overtake the larger one that replaces it; what arrives meanwhile shares the next one.
 * A payload is delivered when a flush that contains it is.
 */
export class AggregatingWriter implements SinkWriter {
  readonly #lines: SinkWriter;
  readonly #segments: Segments;
  readonly #tag: string;
  readonly #closed = new AbortController();
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | undefined;

  constructor(lines: SinkWriter, { node, pipeline, incarnation }: WriterContext) {
    this.#lines = lines;
    this.#segments = new Segments(incarnation);
    this.#tag = writerTag(node, pipeline);
  }

  connect(signal: AbortSignal): Promise<void> {
    return this.#lines.connect(signal);
  }

  async write(payloads: readonly Payload[], signal: AbortSignal): Promise<readonly Verdict[]> {
    const [first] = payloads;
    if (first === undefined) return [];
    this.#segments.passed(first);
    const verdicts = payloads.map((payload) => {
      const contributions = this.#segments.add(payload);
      return new Promise<Verdict>((settle) => {
        this.#waiting.push({ payload, contributions, settle });
      });
    });
    this.#flushing ??= this.#flushAll();
    try {
      return await abortable(Promise.all(verdicts), signal);
    } catch {
      return payloads.map(() =>
        retryOf({ code: 'SLUICE_SINK_STOPPED', reason: 'given up while stopping' }),
      );
    }
  }

  async close(signal: AbortSignal): Promise<void> {
    this.#closed.abort();
    await this.#lines.close(signal);
  }

  async #flushAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting;
      this.#waiting = [];
      await this.#flush(waiting);
      this.#segments.sweep();
    }
    this.#flushing = undefined;
  }

  async #flush(waiting: readonly Waiting[]): Promise<void> {
    const lineOf = new Map<Point, number>();
    for (const { contributions } of waiting) {
      for (const { point } of contributions) {
        if (!lineOf.has(point)) lineOf.set(point, lineOf.size);
      }
    }
    const lines = Array.from(lineOf.keys(), (point) => pointLine(point, this.#tag));
    const flush = payloadOf(lines, { batch: 0, part: 0, lane: 0, receivedAt: 0 });
    const [verdict] = await this.#lines.write([flush], this.#closed.signal);
    for (const { payload, contributions, settle } of waiting) {
      const own = verdictOf(verdict, contributions, lineOf);
      if (own.kind !== 'retry') this.#segments.settle(payload);
      settle(own);
    }
  }
}

/** What became of a payload whose deltas went into these points. */
function verdictOf(
  verdict: Verdict | undefined,
  contributions: readonly Contribution[],
  lineOf: ReadonlyMap<Point, number>,
): Verdict {
  if (verdict?.kind !== 'rows') return verdict ?? { kind: 'delivered' };
  const rows = new Map<number, RowReject | RowRetry>();
  for (const { line, point } of contributions) {
    const refused = verdict.rows.get(lineOf.get(point) ?? -1);
    // Its sums go out again with the payload, so a part of a payload cannot be retried alone.
    if (refused?.kind === 'retry') return retryOf(refused);
    if (refused !== undefined) rows.set(line, refused);
  }
  return rows.size === 0 ? { kind: 'delivered' } : { kind: 'rows', rows };
}
