import { createHash } from 'node:crypto';
import { parseDeltas, positionOf } from '../deltas.ts';
import type { Payload } from '../sink.ts';

/** Batches whose events are added up in the same points. */
const runLength = 256;
/** A segment also ends when arrival times cross a multiple of this, so that a slow pipeline's segments end too. */
const windowMs = 10_000;
/** Settled segments this many windows old are closed; a payload that comes later still opens a new generation. */
const keepWindows = 3;

/**
 * What the nanoseconds of a point's time have room for. Time is given in whole seconds by the bucket, so the nanoseconds
 * are free to tell segments apart: run number, arrival window and generation, each modulo these, 999,948,288 in all.
 * Two segments would meet only with the same bucket, and their arrival a multiple of 42 hours apart.
 */
const runs = 512;
const windows = 15_258;
const generations = 128;

/** A sum that a point shows. */
export interface Point {
  /** `measurement,tag=value`, as the encoder wrote it. */
  readonly series: string;
  /** Epoch seconds. */
  readonly bucket: number;
  readonly nanoseconds: number;
  count: number;
  bytes: number;
}

/** A payload's line and the point that it went into. */
export interface Contribution {
  readonly line: number;
  readonly point: Point;
}

interface Segment {
  readonly window: number;
  readonly nanoseconds: number;
  readonly points: Map<string, Point>;
  /** Positions of the payloads that are in the sums. */
  readonly added: Set<string>;
  /** Those of them that no store has taken yet, with their lane. */
  readonly pending: Map<string, number>;
}

/**
 * Sums of deltas over segments: aligned runs of batches that arrived in one window. A segment's points are sent whenever
 * a payload has changed them; each time with larger sums, which overwrite the smaller ones. Batch numbers and arrival
 * times make the segments, so a replay from a segment's start writes the same points again instead of adding to them.
 *
 * Beyond `maxPoints` settled segments are closed early; they, and those that a lane comes back to very late, continue in
 * another generation, with points of their own. Totals stay right; only a replay after a crash would then count what lies
 * on both sides of the cut twice.
 */
export class Segments {
  readonly #offset: number;
  readonly #maxPoints: number;
  readonly #segments = new Map<string, Segment>();
  /** Windows of the segments that were closed, for as long as they are recent. */
  readonly #closed = new Map<string, number>();
  #reopened = 0;
  #points = 0;
  #newest = 0;

  /** @param incarnation keeps a restarted daemon's first segments off the points of its predecessor's */
  constructor(incarnation: string, maxPoints = 32_768) {
    this.#offset = createHash('sha256').update(incarnation).digest().readUInt32BE() % 1e9;
    this.#maxPoints = maxPoints;
  }

  /** Adds a payload's deltas, unless they are in the sums already. */
  add(payload: Payload): Contribution[] {
    const segment = this.#segmentOf(payload);
    const position = positionOf(payload);
    const repeated = segment.added.has(position);
    segment.added.add(position);
    segment.pending.set(position, payload.lane);
    return parseDeltas(payload).map(({ key, count, bytes, bucket }, line) => {
      const point = this.#pointOf(segment, key, bucket);
      if (!repeated) {
        point.count += count;
        point.bytes += bytes;
      }
      return { line, point };
    });
  }

  /** The store has the payload's points, or has refused them for good. */
  settle(payload: Payload): void {
    this.#segments.get(this.#keyOf(payload))?.pending.delete(positionOf(payload));
  }

  /** A lane goes in order: what it had pending before this payload was given up and never comes again. */
  passed({ lane, ...place }: Payload): void {
    const before = positionOf(place);
    for (const { pending } of this.#segments.values()) {
      for (const [position, owner] of pending) {
        if (owner === lane && position < before) pending.delete(position);
      }
    }
  }

  /** Forgets settled segments that nothing is expected for, and more of them when memory is short. */
  sweep(): void {
    for (const [key, { window, pending }] of this.#segments) {
      if (pending.size === 0 && window < this.#newest - keepWindows) this.#close(key);
    }
    for (const [key, window] of this.#closed) {
      if (window < this.#newest - 2 * keepWindows) this.#closed.delete(key);
    }
    for (const [key, { pending }] of this.#segments) {
      if (this.#points <= this.#maxPoints) return;
      if (pending.size === 0) this.#close(key);
    }
  }

  /** Points held in memory. */
  get size(): number {
    return this.#points;
  }

  #segmentOf(payload: Payload): Segment {
    const key = this.#keyOf(payload);
    const known = this.#segments.get(key);
    if (known !== undefined) return known;
    const run = Math.floor(payload.batch / runLength);
    const window = Math.floor(payload.receivedAt / windowMs);
    const place =
      ((run % runs) * windows + (window % windows)) * generations + this.#generation(key, window);
    const segment: Segment = {
      window,
      nanoseconds: (place + this.#offset) % 1e9,
      points: new Map(),
      added: new Set(),
      pending: new Map(),
    };
    this.#segments.set(key, segment);
    this.#newest = Math.max(this.#newest, window);
    return segment;
  }

  /** 0 for a segment that was certainly never open before. */
  #generation(key: string, window: number): number {
    if (!this.#closed.has(key) && window >= this.#newest - keepWindows) return 0;
    return 1 + (this.#reopened++ % (generations - 1));
  }

  #pointOf({ points, nanoseconds }: Segment, series: string, bucket: number): Point {
    const key = `${bucket} ${series}`;
    const known = points.get(key);
    if (known !== undefined) return known;
    const point: Point = { series, bucket, nanoseconds, count: 0, bytes: 0 };
    points.set(key, point);
    this.#points++;
    return point;
  }

  #keyOf({ batch, receivedAt }: Payload): string {
    return `${Math.floor(batch / runLength)} ${Math.floor(receivedAt / windowMs)}`;
  }

  #close(key: string): void {
    const segment = this.#segments.get(key);
    if (segment === undefined) return;
    this.#segments.delete(key);
    this.#points -= segment.points.size;
    this.#closed.set(key, segment.window);
  }
}
