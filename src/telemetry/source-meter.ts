import type { Logger } from 'pino';
import type { ErrorCode } from '../errors/codes.ts';
import type { Peer } from '../pipeline/batch.ts';
import type { SourceMetrics } from '../sources/source.ts';

/** Log lines about the same error of a source, at most so many in a window. */
const LINES = 3;
const WINDOW_MS = 1000;

interface Said {
  since: number;
  lines: number;
  withheld: number;
}

/** What a source tells about its transport; read by metrics and status. */
export class SourceMeter implements SourceMetrics {
  readonly discards = { empty: 0, no_room: 0 };
  readonly errors = new Map<ErrorCode, number>();
  bytes = 0;
  open = 0;
  kernelDrops: number | undefined;
  readonly #log: Logger;
  readonly #said = new Map<ErrorCode, Said>();

  constructor(log: Logger) {
    this.#log = log;
  }

  receivedBytes(bytes: number): void {
    this.bytes += bytes;
  }

  discarded(reason: 'empty' | 'no_room', count: number): void {
    this.discards[reason] += count;
  }

  connections(open: number): void {
    this.open = open;
  }

  udpKernelDrops(total: number): void {
    this.kernelDrops = total;
  }

  /** Counts each; logs a few lines a second for each code, and how many were left out. */
  error(code: ErrorCode, detail: string, peer?: Peer): void {
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
    const now = performance.now();
    let said = this.#said.get(code);
    if (said === undefined || now - said.since >= WINDOW_MS) {
      if (said !== undefined && said.withheld > 0) {
        this.#log.warn({ code, times: said.withheld }, 'more errors of this kind');
      }
      said = { since: now, lines: 0, withheld: 0 };
      this.#said.set(code, said);
    }
    if (said.lines === LINES) {
      said.withheld++;
      return;
    }
    said.lines++;
    const from = peer === undefined ? {} : { peer: `${peer.address}:${peer.port}` };
    this.#log.warn({ code, ...from }, detail);
  }
}
