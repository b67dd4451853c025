import { isUtf8 } from 'node:buffer';
import { type FileHandle, mkdir, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { ErrorCode } from '../errors/codes.ts';
import type { RowReject } from '../sinks/sink.ts';
import { type FailedRow, NO_ORDINAL } from '../workers/protocol.ts';
import type { FlowBatch } from './flow-batch.ts';
import type { OutputNode } from './topology.ts';

/** A record that could not be carried on, with all that is needed to understand it and to send it again. */
export interface DeadLetter {
  readonly code: ErrorCode;
  readonly message: string;
  /** `parse json`, `encode`, `worker`, `sink`. */
  readonly stage: string;
  readonly pipeline: string;
  /** Absent: the record is missing from all outputs of the pipeline. */
  readonly output?: string;
  readonly sink?: string;
  readonly source: string;
  readonly stream: string;
  readonly peer?: string;
  readonly batch: number;
  /** Absent for an aggregate: it stands for many records. */
  readonly ordinal?: number;
  /** Epoch ms. */
  readonly receivedAt: number;
  readonly attempts: number;
  readonly revision: string;
  /** The record as it came; of an aggregate, the piece as it was sent. */
  readonly raw: Buffer;
}

/** A row that a store refused. @param piece what was sent for it */
export function rejectedRow(
  batch: FlowBatch,
  output: OutputNode,
  ordinal: number,
  reject: RowReject,
  piece: Buffer,
  attempts: number,
): DeadLetter {
  const { code, reason } = reject;
  const { pipeline, name, sink } = output;
  const place = { code, message: reason, stage: 'sink', pipeline, output: name, sink, attempts };
  if (ordinal === NO_ORDINAL) return { ...originOf(batch), ...place, raw: Buffer.from(piece) };
  return { ...recordOf(batch, ordinal), ...place };
}

/** A row that the worker could not carry. */
export function failedRow(
  batch: FlowBatch,
  row: Pick<FailedRow, 'ordinal' | 'code' | 'stage' | 'message'>,
  pipeline: string,
  output?: OutputNode,
): DeadLetter {
  const { ordinal, code, stage, message } = row;
  const place = { code, stage, message, pipeline, attempts: 1 };
  const where = output === undefined ? {} : { output: output.name, sink: output.sink };
  return { ...recordOf(batch, ordinal), ...place, ...where };
}

function originOf({ header }: FlowBatch) {
  const { sequence, origin, receivedAt, revision } = header;
  const { source, stream } = origin;
  return { source, stream, batch: sequence, receivedAt, revision };
}

function recordOf(batch: FlowBatch, ordinal: number) {
  const peer = batch.peer(ordinal);
  const from = peer === undefined ? {} : { peer: `${peer.address}:${peer.port}` };
  return { ...originOf(batch), ...from, ordinal, raw: batch.record(ordinal) };
}

export interface DeadLetterOptions {
  readonly folder: string;
  readonly log: Logger;
  /** Bytes of all files together. */
  readonly limit?: number;
  /** A file that has reached this size is closed. */
  readonly rotateBytes?: number;
  /** Pause between looks whether there is room again, ms. */
  readonly recheckMs?: number;
}

interface Entry {
  readonly lines: Buffer;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

const MIB = 2 ** 20;

/**
 * Bounded NDJSON files of records that no store will get. A letter counts as written once it is synced to disk; many that
 * come together share one sync. When the limit is reached, writers wait, and with them the slots, until files were moved away.
 */
export class DeadLetters {
  readonly #options: Required<DeadLetterOptions>;
  #queue: Entry[] = [];
  #file: FileHandle | undefined;
  #fileName = '';
  #fileBytes = 0;
  #written = 0;
  #working: Promise<void> | undefined;
  #trouble: { readonly code: ErrorCode; readonly reason: string } | undefined;
  readonly #stop = new AbortController();

  constructor(options: DeadLetterOptions) {
    this.#options = { limit: 1024 * MIB, rotateBytes: 16 * MIB, recheckMs: 1000, ...options };
  }

  /** Why letters cannot be written. */
  get trouble(): { readonly code: ErrorCode; readonly reason: string } | undefined {
    return this.#trouble;
  }

  /** Letters since the start. */
  get written(): number {
    return this.#written;
  }

  /** Resolves when the letters are on disk; however long that takes. @throws the signal's reason */
  async write(letters: readonly DeadLetter[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const lines = Buffer.from(letters.map(lineOf).join(''));
    await new Promise<void>((resolve, reject) => {
      const stop = (): void => reject(signal.reason as Error);
      signal.addEventListener('abort', stop, { once: true });
      const done = (): void => {
        signal.removeEventListener('abort', stop);
        this.#written += letters.length;
        resolve();
      };
      this.#queue.push({ lines, resolve: done, reject });
      this.#working ??= this.#work();
    });
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#working;
    await this.#file?.close();
    this.#file = undefined;
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0 && !this.#stop.signal.aborted) {
      const entries = this.#queue.splice(0);
      const bytes = Buffer.concat(entries.map(({ lines }) => lines));
      while (!(await this.#tryAppend(bytes))) {
        if (this.#stop.signal.aborted) return;
        await sleep(this.#options.recheckMs, undefined, { signal: this.#stop.signal }).catch(
          () => {},
        );
      }
      for (const { resolve } of entries) resolve();
    }
    this.#working = undefined;
  }

  async #tryAppend(bytes: Buffer): Promise<boolean> {
    const { folder, limit } = this.#options;
    try {
      const { bytes: used, names } = await look(folder);
      // Whoever moved the file away, or deleted it, has seen the last of it: what went there now would be lost to them.
      if (this.#file !== undefined && !names.includes(this.#fileName)) await this.#rotate();
      if (used > 0 && used + bytes.length > limit) {
        const reason = `${folder} holds ${used} of at most ${limit} bytes`;
        this.#say('SLUICE_DEAD_LETTERS_FULL', reason);
        return false;
      }
      await this.#append(bytes);
      this.#trouble = undefined;
      return true;
    } catch (error) {
      this.#say('SLUICE_DATA_DIR', error instanceof Error ? error.message : String(error));
      return false;
    }
  }

  async #append(bytes: Buffer): Promise<void> {
    const { folder, rotateBytes } = this.#options;
    if (this.#file === undefined) {
      await mkdir(folder, { recursive: true });
      this.#fileName = `${new Date().toISOString().replaceAll(':', '-')}.ndjson`;
      this.#file = await open(join(folder, this.#fileName), 'a');
      this.#fileBytes = 0;
      await syncFolder(folder);
    }
    try {
      await this.#file.appendFile(bytes);
      await this.#file.datasync();
      this.#fileBytes += bytes.length;
    } catch (error) {
      // The end may be half a line: the letters go to a new file.
      await this.#rotate();
      throw error;
    }
    if (this.#fileBytes >= rotateBytes) await this.#rotate();
  }

  async #rotate(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  #say(code: ErrorCode, reason: string): void {
    if (this.#trouble === undefined) {
      this.#options.log.error(
        { code, reason },
        'dead letters cannot be written; outputs that need to wait',
      );
    }
    this.#trouble = { code, reason };
  }
}

function lineOf({ raw, receivedAt, ...letter }: DeadLetter): string {
  const text = isUtf8(raw);
  const line = {
    time: new Date().toISOString(),
    ...letter,
    received_at: new Date(receivedAt).toISOString(),
    encoding: text ? 'utf8' : 'base64',
    raw: raw.toString(text ? 'utf8' : 'base64'),
  };
  return `${JSON.stringify(line)}\n`;
}

async function look(folder: string): Promise<{ bytes: number; names: readonly string[] }> {
  const names = await readdir(folder).catch(() => []);
  let bytes = 0;
  for (const name of names) {
    if (!name.endsWith('.ndjson')) continue;
    bytes += await stat(join(folder, name)).then(
      ({ size }) => size,
      () => 0, // moved away in between
    );
  }
  return { bytes, names };
}

/** A new file survives a power cut only when its folder was synced too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
