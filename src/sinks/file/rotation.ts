import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  stat,
  truncate,
  unlink,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { WriterContext } from '../context.ts';
import { messageOf } from '../limits.ts';
import type { FileFormat } from './format.ts';

export interface RotationSettings {
  readonly folder: string;
  /** Without what may not stand in a file's name. */
  readonly name: string;
  readonly format: FileFormat;
  readonly rotateBytes: number;
  readonly rotateAfterMs: number;
  readonly log: WriterContext['log'];
}

interface OpenFile {
  readonly handle: FileHandle;
  readonly path: string;
  readonly expiry: NodeJS.Timeout;
  /** Bytes that are synced. */
  size: number;
  /** Behind them may lie what a failed attempt has left. */
  torn: boolean;
}

/**
 * A series of files `NAME-<UTC stamp>-<number>.<extension>`. One is called `….part` until it is complete; so whoever loads
 * the others never meets half a file. What `append` has confirmed is on the disk.
 * Calls must not overlap, apart from those that the age of a file makes by itself: they wait for one another.
 */
export class Rotation {
  readonly #settings: RotationSettings;
  #file: OpenFile | undefined;
  #number = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(settings: RotationSettings) {
    this.#settings = settings;
  }

  /** Makes the folder and finishes what a crash has left. @throws the file system's error */
  prepare(): Promise<void> {
    return this.#alone(async () => {
      await mkdir(this.#settings.folder, { recursive: true });
      if (this.#file === undefined) await this.#recover();
    });
  }

  /** Appends and syncs; after an error nothing of it counts. @throws the file system's error */
  append(views: readonly Buffer[]): Promise<void> {
    return this.#alone(async () => {
      const length = views.reduce((sum, view) => sum + view.length, 0);
      if (length === 0) return;
      if (this.#file !== undefined && this.#file.size + length > this.#settings.rotateBytes)
        await this.#finish();
      const file = (this.#file ??= await this.#create());
      if (file.torn) await file.handle.truncate(file.size);
      file.torn = true;
      let position = file.size;
      for (const view of views) {
        await writeFully(file.handle, view, position);
        position += view.length;
      }
      await file.handle.datasync();
      file.size = position;
      file.torn = false;
      // Not awaited: should the file not get its name, its bytes are on the disk all the same.
      if (file.size >= this.#settings.rotateBytes) this.#finishSoon();
    });
  }

  /** Completes the file that is being written. */
  finish(): Promise<void> {
    return this.#alone(() => this.#finish());
  }

  async #alone<Result>(task: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(task, task);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #create(): Promise<OpenFile> {
    const { folder, name, format, rotateAfterMs } = this.#settings;
    await mkdir(folder, { recursive: true });
    const stamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    for (;;) {
      this.#number++;
      const path = join(
        folder,
        `${name}-${stamp}-${String(this.#number).padStart(4, '0')}.${format.extension}`,
      );
      if (await exists(path)) continue;
      const handle = await open(`${path}.part`, 'wx', 0o640).catch(whenTaken);
      if (handle === undefined) continue;
      const expiry = setTimeout(() => this.#finishSoon(), rotateAfterMs).unref();
      return { handle, path, expiry, size: 0, torn: false };
    }
  }

  #finishSoon(): void {
    this.finish().catch((error: unknown) => {
      this.#settings.log.warn({ error: messageOf(error) }, 'an output file could not be completed');
    });
  }

  async #finish(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    clearTimeout(file.expiry);
    if (file.torn) await file.handle.truncate(file.size);
    this.#file = undefined;
    await file.handle.close();
    await complete(`${file.path}.part`, file.path, file.size);
  }

  async #recover(): Promise<void> {
    const { folder, name, format, log } = this.#settings;
    const left = `-\\d{8}T\\d{6}Z-\\d+\\.${format.extension}\\.part`;
    const pattern = new RegExp(`^${name.replace(/[^\w]/g, '\\$&')}${left}$`);
    for (const entry of await readdir(folder)) {
      if (!pattern.test(entry)) continue;
      const part = join(folder, entry);
      const bytes = await readFile(part);
      // A torn record was not synced, so it was not confirmed, and its source still has it.
      const size = format.wholeLength(bytes);
      if (size < bytes.length) await truncate(part, size);
      const path = await freeName(part.slice(0, -'.part'.length));
      await complete(part, path, size);
      log.info(
        { file: path, bytes: size, cut: bytes.length - size },
        'completed an output file that a crash had left',
      );
    }
  }
}

/** Gives a file its final name, for good; an empty one goes. */
async function complete(part: string, path: string, size: number): Promise<void> {
  if (size === 0) return unlink(part);
  await rename(part, path);
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function writeFully(handle: FileHandle, view: Buffer, position: number): Promise<void> {
  for (let written = 0; written < view.length; ) {
    const { bytesWritten } = await handle.write(
      view,
      written,
      view.length - written,
      position + written,
    );
    written += bytesWritten;
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Nothing is ever overwritten: the first name that nobody has. */
async function freeName(path: string): Promise<string> {
  let name = path;
  for (let turn = 1; await exists(name); turn++) name = path.replace(/(\.\w+)$/, `-${turn}$1`);
  return name;
}

function whenTaken(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'EEXIST') throw error;
}
