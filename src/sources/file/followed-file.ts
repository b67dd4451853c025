import { type FileHandle, open } from 'node:fs/promises';
import { FrameReader } from '../frame-reader.ts';
import type { ReceiveArea } from '../receive-area.ts';
import type { SourceContext, Stream } from '../source.ts';
import { takeAll, takeEnd } from '../take-all.ts';
import { beginsAs, fingerprint, identityOf } from './fingerprint.ts';
import { lineReaderOptions } from './line-reader-options.ts';
import type { Positions, SavedFile } from './positions.ts';

const LF = 0x0a;

export interface FollowSurroundings {
  readonly maxRecord: number;
  readonly area: ReceiveArea;
  readonly context: SourceContext;
  readonly positions: Positions;
}

/** A file that is read as it grows. It holds no bytes between two reads: an unfinished line is read again. */
export class FollowedFile {
  readonly #surroundings: FollowSurroundings;
  readonly #handle: FileHandle;
  #saved: SavedFile;
  #stream: Stream;
  #reader: FrameReader;
  /** Where the present stream began. */
  #base: number;
  /** Where the next read begins: at the unfinished line, once the end was reached. */
  #next: number;
  /** How far it has been read. */
  #end: number;
  /** When it stopped being one of the files that match, epoch ms; 0 = it matches. */
  leftAt = 0;

  /** Opens the file and continues at the saved offset, which need not be a line's beginning. */
  static async open(saved: SavedFile, surroundings: FollowSurroundings): Promise<FollowedFile> {
    const handle = await open(saved.path, 'r');
    try {
      return new FollowedFile(
        handle,
        saved,
        await isWithinLine(handle, saved.offset),
        surroundings,
      );
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  constructor(
    handle: FileHandle,
    saved: SavedFile,
    withinLine: boolean,
    surroundings: FollowSurroundings,
  ) {
    this.#handle = handle;
    this.#saved = saved;
    this.#surroundings = surroundings;
    this.#base = saved.offset;
    this.#next = saved.offset;
    this.#end = saved.offset;
    this.#stream = this.#openStream();
    this.#reader = this.#createReader(withinLine);
  }

  get path(): string {
    return this.#saved.path;
  }

  get key(): string {
    return this.#saved.key;
  }

  get end(): number {
    return this.#end;
  }

  /** It matches, under this name. */
  seen(path: string, now: number): void {
    this.leftAt = 0;
    this.#change({ path, seen: now });
  }

  /** Whether the bytes that were read are still its beginning. */
  async isOverwritten(size: number): Promise<boolean> {
    return size < this.#end || !(await beginsAs(this.#handle, this.#saved));
  }

  /** Starts again at the beginning of what now is another content: the ids must not be those of the former. */
  async restart(): Promise<void> {
    this.#stream.close();
    const { generation } = this.#saved;
    const next = await fingerprint(this.#handle);
    this.#change({ ...next, generation: generation + 1, offset: 0 });
    this.#base = 0;
    this.#next = 0;
    this.#end = 0;
    this.#stream = this.#openStream();
    this.#reader = this.#createReader(false);
  }

  /** @param most bytes, so that other files get their turn @returns bytes read, those of an unfinished line again */
  async read(most: number, signal: AbortSignal): Promise<number> {
    const { read, atEnd } = await this.#pump(most, signal);
    if (atEnd && read > 0) {
      this.#reader.forget();
      this.#next = this.#base + this.#reader.offset;
      this.#stream.flush();
    }
    return read;
  }

  /** Nobody writes to it any more: a last line without LF is a record. */
  async finish(signal: AbortSignal): Promise<void> {
    await this.#pump(Infinity, signal);
    await takeEnd(this.#reader, this.#stream, false, signal);
    await this.close();
  }

  async close(): Promise<void> {
    this.#stream.close();
    await this.#handle.close();
  }

  async #pump(most: number, signal: AbortSignal): Promise<{ read: number; atEnd: boolean }> {
    const { area: receive, context } = this.#surroundings;
    const { area, headroom } = receive;
    for (let read = 0; ; ) {
      if (read >= most) return { read, atEnd: false };
      const { bytesRead } = await this.#handle.read(area, 0, area.length, this.#next);
      if (bytesRead === 0) return { read, atEnd: true };
      context.metrics.receivedBytes(bytesRead);
      read += bytesRead;
      this.#next += bytesRead;
      this.#end = this.#next;
      await takeAll(this.#reader, this.#stream, area.subarray(0, bytesRead), headroom, signal);
    }
  }

  #openStream(): Stream {
    const { path, generation } = this.#saved;
    const stream = this.#surroundings.context.open({
      label: `file ${path}`,
      identity: identityOf(this.#saved, generation),
      positions: 'offset',
      base: this.#base,
    });
    stream.onSettled((offset) => {
      // What an earlier generation still settles says nothing about this one.
      if (this.#saved.generation === generation) this.#change({ offset });
    });
    return stream;
  }

  #createReader(withinLine: boolean): FrameReader {
    const { maxRecord, context } = this.#surroundings;
    const options = lineReaderOptions(this.path, maxRecord, context);
    return new FrameReader(this.#stream, { ...options, withinRecord: withinLine });
  }

  #change(changes: Partial<SavedFile>): void {
    this.#saved = { ...this.#saved, ...changes };
    this.#surroundings.positions.put(this.#saved);
  }
}

/** Behind a truncated line, or at the end of a file that is being written. */
async function isWithinLine(handle: FileHandle, offset: number): Promise<boolean> {
  if (offset === 0) return false;
  const before = Buffer.alloc(1);
  const { bytesRead } = await handle.read(before, 0, 1, offset - 1);
  return bytesRead === 1 && before[0] !== LF;
}
