import type { EventCore } from '../event/core.ts';
import { INDEX_ENTRY_BYTES } from '../event/regions.ts';
import type { StreamOptions } from '../sources/source.ts';
import { PEER_TABLES } from '../workers/protocol.ts';
import type { Origin } from './batch.ts';
import type { Budget } from './budget.ts';
import { IntakeBuffers } from './buffers.ts';
import { FlowBatch } from './flow-batch.ts';
import { LargeRoom } from './large-room.ts';
import type { OpenBatch } from './open-batch.ts';
import { newSourceTally, type SourceTally } from './source-tally.ts';
import { IntakeStream, type LargeRecord, type StreamHost } from './stream.ts';
import { streamKey } from './stream-key.ts';

export interface IntakeSource {
  readonly name: string;
  /** ms */
  readonly linger: number;
}

export interface IntakeOptions {
  /** Routines over the main thread's block of memory, which holds the batch buffers. */
  readonly core: EventCore;
  readonly budget: Budget;
  readonly sources: readonly IntakeSource[];
  /** 16 bytes. */
  readonly incarnation: Uint8Array;
  readonly revision: string;
  /** Number of the first batch; above all numbers of earlier runs, since guards in the stores compare them. */
  readonly firstSequence: number;
  /**
   * Enough batches wait for the workers: senders that can be slowed are, long before the budget is used up, which keeps
   * latency short and the working set in the cache. Call `buffers.serve()` when it has changed.
   */
  readonly crowded: () => boolean;
  /** Takes each closed batch, in the order of their numbers. */
  readonly submit: (batch: FlowBatch) => void;
}

/**
 * Where sources put their records: fills recycled buffers, numbers the batches and sends them on; keeps their raw bytes
 * until they are settled. A durable journal belongs between the numbering and `submit`.
 */
export class Intake implements StreamHost {
  readonly core: EventCore;
  readonly buffers: IntakeBuffers;
  readonly large: LargeRoom;
  readonly tallies: readonly SourceTally[];
  readonly #options: IntakeOptions;
  readonly #streams = new Set<IntakeStream>();
  #sequence: number;
  #opened = 0;
  #outstanding = 0;
  #idle: (() => void)[] = [];

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.core = options.core;
    this.buffers = new IntakeBuffers(options.core.memory, options.budget, options.crowded);
    this.large = new LargeRoom(options.budget);
    this.tallies = options.sources.map(({ name }) => newSourceTally(name));
    this.#sequence = options.firstSequence;
  }

  /** @param source number of the source in the configuration */
  open(source: number, options: StreamOptions): IntakeStream {
    const { incarnation, sources } = this.#options;
    const { name, linger } = sources[source] as IntakeSource;
    const stream = new IntakeStream(this, options, {
      source,
      tally: this.tallies[source] as SourceTally,
      key: streamKey(incarnation, name, options.identity),
      peerTableNumber: this.#opened++ % PEER_TABLES,
      linger,
    });
    this.#streams.add(stream);
    return stream;
  }

  /** Closes the open batches of all streams now. */
  flush(): void {
    for (const stream of this.#streams) stream.flush();
  }

  /** How long ago the oldest batch of a source arrived that is not settled, ms; 0 = none waits. @param source its number */
  lagOf(source: number, now: number): number {
    let oldest = now;
    for (const { identity, settlement } of this.#streams) {
      if (identity.source === source) oldest = Math.min(oldest, settlement.oldest ?? now);
    }
    return now - oldest;
  }

  /** Batches that are not settled. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** Resolves when everything that was appended is settled. */
  async settled(): Promise<void> {
    this.flush();
    if (this.#outstanding === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  dispatch(stream: IntakeStream, open: OpenBatch, end: number): void {
    const { memory } = this.core;
    const { start, index } = open.buffer;
    const batch = new FlowBatch(
      {
        header: {
          sequence: this.#sequence++,
          origin: this.#origin(stream, open.base),
          receivedAt: open.receivedAt,
          revision: this.#options.revision,
          records: open.records,
          peers: open.peers.entries,
        },
        bytes: memory.bytes.subarray(start, start + open.used),
        index: memory.u32.subarray(index >>> 2, (index + open.records * INDEX_ENTRY_BYTES) >>> 2),
        source: stream.identity.source,
        number: stream.batches++,
        end,
        peerTable: open.peers,
        peerTableNumber: stream.identity.peerTableNumber,
        buffer: open.buffer,
      },
      (settled) => this.#settled(stream, settled),
    );
    this.#send(stream, batch);
  }

  dispatchLarge(stream: IntakeStream, record: LargeRecord, end: number): void {
    const batch = new FlowBatch(
      {
        header: {
          sequence: this.#sequence++,
          origin: this.#origin(stream, record.base),
          receivedAt: record.receivedAt,
          revision: this.#options.revision,
          records: 1,
          peers: record.peers.entries,
        },
        bytes: record.bytes,
        index: Uint32Array.of(0, record.bytes.length, record.peer, record.flags),
        source: stream.identity.source,
        number: stream.batches++,
        end,
        peerTable: record.peers,
        peerTableNumber: stream.identity.peerTableNumber,
        buffer: undefined,
      },
      (settled) => this.#settled(stream, settled),
    );
    this.#send(stream, batch);
  }

  cancelLarge(stream: IntakeStream): void {
    if (this.large.cancel(stream)) this.buffers.serve();
  }

  closed(stream: IntakeStream): void {
    this.#streams.delete(stream);
  }

  #origin(stream: IntakeStream, base: number): Origin {
    const { options, identity } = stream;
    return {
      source: identity.tally.name,
      stream: options.label,
      key: identity.key,
      base,
      positions: options.positions,
    };
  }

  #send(stream: IntakeStream, batch: FlowBatch): void {
    this.#outstanding++;
    stream.identity.tally.batches++;
    stream.settlement.add(batch);
    // Only separators: nothing for a worker, but the position moves.
    if (batch.header.records === 0) batch.release();
    else this.#options.submit(batch);
  }

  #settled(stream: IntakeStream, batch: FlowBatch): void {
    if (batch.buffer === undefined) {
      this.large.give();
      this.buffers.serve();
    } else {
      this.buffers.give(batch.buffer);
    }
    stream.settlement.advance();
    if (--this.#outstanding > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
