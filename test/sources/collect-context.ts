import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import type { ErrorCode } from '../../src/errors/codes.ts';
import type { Peer } from '../../src/pipeline/batch.ts';
import type { AckLevel, SourceContext, Stream, StreamOptions } from '../../src/sources/source.ts';
import { CollectStream } from './collect-stream.ts';

export interface CountedError {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly peer: Peer | undefined;
}

/** A source's surroundings, which remember what the source told them. */
export class CollectContext implements SourceContext {
  readonly name = 'test';
  readonly log = pino({ level: 'silent' });
  readonly ack: AckLevel;
  readonly dataDir: string;
  readonly once: boolean;
  readonly streams: CollectStream[] = [];
  readonly errors: CountedError[] = [];
  readonly discarded = { empty: 0, no_room: 0 };
  bytes = 0;
  connections = 0;
  kernelDrops: number | undefined;
  /** Room that new streams have, in records. */
  room = Infinity;

  constructor({ ack = 'received', dataDir = '', once = false }: Partial<SourceContext> = {}) {
    this.ack = ack;
    this.dataDir = dataDir;
    this.once = once;
  }

  readonly metrics = {
    receivedBytes: (bytes: number): void => {
      this.bytes += bytes;
    },
    discarded: (reason: 'empty' | 'no_room', count: number): void => {
      this.discarded[reason] += count;
    },
    connections: (open: number): void => {
      this.connections = open;
    },
    udpKernelDrops: (total: number): void => {
      this.kernelDrops = total;
    },
  };

  open(options: StreamOptions): Stream {
    const stream = new CollectStream(options, this.room);
    this.streams.push(stream);
    return stream;
  }

  error(code: ErrorCode, detail: string, peer?: Peer): void {
    this.errors.push({ code, detail, peer });
  }

  get codes(): ErrorCode[] {
    return this.errors.map(({ code }) => code);
  }

  get texts(): string[] {
    return this.streams.flatMap((stream) => stream.texts);
  }

  get stream(): CollectStream {
    const [stream] = this.streams;
    if (stream === undefined) throw new Error('no stream was opened');
    return stream;
  }
}

/** Waits until it holds; fails after 10 s. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = AbortSignal.timeout(10_000);
  while (!condition()) {
    if (end.aborted) throw new Error(`waited in vain: ${what}`);
    await delay(2);
  }
}
