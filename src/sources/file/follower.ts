import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ReceiveArea } from '../receive-area.ts';
import type { SourceContext } from '../source.ts';
import { discover, lookAt, pathsByKey } from './discover.ts';
import { fingerprint } from './fingerprint.ts';
import { FollowedFile, type FollowSurroundings } from './followed-file.ts';
import { Positions, type SavedFile } from './positions.ts';
import { isGzip } from './read-whole.ts';
import type { FileOptions } from './spec.ts';

const CHUNK = 128 * 1024;
/** A file's turn. */
const TURN_BYTES = 1024 * 1024;
const SAVE_MS = 1000;
/** A rotated file is read on for so long: its writer may not have noticed yet. */
const ROTATED_MS = 5000;

/**
 * Follows files as they grow, by looking at them in turns: a poll costs a stat for each file and nothing
 * else, works on every file system, and needs no watch that could overflow.
 */
export class Follower {
  readonly #options: FileOptions;
  readonly #context: SourceContext;
  readonly #signal: AbortSignal;
  readonly #positions: Positions;
  readonly #surroundings: FollowSurroundings;
  readonly #files = new Map<string, FollowedFile>();
  /** gzip files among those that match: rotated copies, whose lines were read before. */
  #compressed = new Set<string>();
  #overLimit = false;
  #savedAt = 0;
  #discoveredAt = 0;

  /** @throws SluiceError */
  static async create(
    options: FileOptions,
    context: SourceContext,
    signal: AbortSignal,
  ): Promise<Follower> {
    const folder = join(context.dataDir, 'sources', context.name);
    const positions = await Positions.load(folder, (reason) => {
      context.error('SLUICE_FILE_POSITIONS', `${folder}/positions.json: ${reason}`);
    });
    const follower = new Follower(options, context, signal, positions);
    await follower.#findRenamed();
    await follower.#discover(options.start);
    return follower;
  }

  constructor(
    options: FileOptions,
    context: SourceContext,
    signal: AbortSignal,
    positions: Positions,
  ) {
    this.#options = options;
    this.#context = context;
    this.#signal = signal;
    this.#positions = positions;
    const { max_event: maxRecord } = options;
    const area = new ReceiveArea(CHUNK);
    this.#surroundings = { maxRecord, area, context, positions };
  }

  /** Reads until the signal; with `once` until all files are read to their end. */
  async run(): Promise<void> {
    try {
      while (!this.#signal.aborted) {
        const read = await this.#turn();
        if (read === 0 && this.#context.once) break;
        if (Date.now() - this.#savedAt >= SAVE_MS) await this.#save();
        if (read === 0) await delay(this.#options.poll, undefined, { signal: this.#signal });
        if (Date.now() - this.#discoveredAt >= this.#options.discover) {
          await this.#discover('beginning');
        }
      }
      if (this.#context.once) await this.#finishAll();
    } catch (error) {
      if (!this.#signal.aborted) throw error;
    }
  }

  /** Closes the files, and saves what is settled by now and what settles from now on. */
  async close(): Promise<void> {
    for (const file of this.#files.values()) await file.close();
    this.#files.clear();
    await this.#save();
    this.#positions.saveChanges((error) => {
      this.#notSaved(error);
    });
  }

  /** @returns bytes */
  async #turn(): Promise<number> {
    let total = 0;
    for (const file of [...this.#files.values()]) {
      if (this.#signal.aborted) break;
      try {
        total += await this.#visit(file);
      } catch (error) {
        if (this.#signal.aborted) throw error;
        this.#context.error('SLUICE_FILE_READ', `${file.path}: ${String(error)}`);
        await this.#drop(file);
      }
    }
    return total;
  }

  async #visit(file: FollowedFile): Promise<number> {
    const found = await lookAt(file.path);
    if (found?.key === file.key) {
      if (found.size === file.end) return 0;
      if (await file.isOverwritten(found.size)) {
        await file.restart();
        await this.#save();
      }
      return file.read(TURN_BYTES, this.#signal);
    }
    // Renamed or deleted: the open file is the same as before, and a new one may have taken its name.
    const before = file.end;
    await file.read(TURN_BYTES, this.#signal);
    const read = file.end - before;
    if (file.leftAt === 0) {
      file.leftAt = Date.now();
      this.#discoveredAt = 0;
    } else if (read === 0 && Date.now() - file.leftAt >= ROTATED_MS) {
      this.#files.delete(file.key);
      await file.finish(this.#signal);
    }
    return read;
  }

  async #discover(start: 'beginning' | 'end'): Promise<void> {
    const now = Date.now();
    this.#discoveredAt = now;
    const compressed = new Set<string>();
    const fresh: SavedFile[] = [];
    for (const path of await discover(this.#options, this.#signal)) {
      const found = await lookAt(path);
      if (found === undefined || found.size === 0) continue;
      const followed = this.#files.get(found.key);
      if (followed !== undefined) followed.seen(path, now);
      else if (this.#compressed.has(found.key)) compressed.add(found.key);
      else if (this.#files.size + fresh.length >= this.#options.max_files) this.#limit(path);
      else {
        const saved = await this.#meet(path, start, now);
        if (saved === 'compressed') compressed.add(found.key);
        else if (saved !== undefined && !fresh.some(({ key }) => key === saved.key))
          fresh.push(saved);
      }
    }
    this.#compressed = compressed;
    await this.#follow(fresh);
  }

  /** @returns what is known of the file; undefined: it cannot be read now */
  async #meet(
    path: string,
    start: 'beginning' | 'end',
    now: number,
  ): Promise<SavedFile | 'compressed' | undefined> {
    try {
      const handle = await open(path, 'r');
      try {
        if (await isGzip(handle)) return 'compressed';
        const known = this.#positions.find((await fingerprint(handle)).key);
        const print = await fingerprint(handle, known?.length);
        const { size } = await handle.stat();
        const same =
          known?.born === print.born && known.hash === print.hash && size >= known.offset;
        if (same) return { ...known, path, seen: now };
        const generation = known?.born === print.born ? known.generation + 1 : 0;
        const offset = start === 'end' && known === undefined ? size : 0;
        return { ...(await fingerprint(handle)), path, generation, offset, seen: now };
      } finally {
        await handle.close();
      }
    } catch (error) {
      this.#context.error('SLUICE_FILE_READ', `${path}: ${String(error)}`);
      return undefined;
    }
  }

  /** The identities are durable before the first record of the files is on its way. */
  async #follow(fresh: readonly SavedFile[]): Promise<void> {
    if (fresh.length === 0) return;
    for (const saved of fresh) this.#positions.put(saved);
    await this.#save();
    for (const saved of fresh) {
      try {
        this.#files.set(saved.key, await FollowedFile.open(saved, this.#surroundings));
      } catch (error) {
        this.#context.error('SLUICE_FILE_READ', `${saved.path}: ${String(error)}`);
      }
    }
  }

  /** Files that were renamed while nobody looked: the rest of them is read too. */
  async #findRenamed(): Promise<void> {
    const matching = new Set<string>();
    for (const path of await discover(this.#options, this.#signal)) {
      const found = await lookAt(path);
      if (found !== undefined) matching.add(found.key);
    }
    const renamed: SavedFile[] = [];
    // Each folder is looked through once: years of rotation may have left thousands of positions behind.
    const folders = new Map<string, ReadonlyMap<string, string>>();
    for (const saved of this.#positions.all()) {
      if (matching.has(saved.key) || renamed.length >= this.#options.max_files) continue;
      const folder = dirname(saved.path);
      const paths = folders.get(folder) ?? (await pathsByKey(folder));
      folders.set(folder, paths);
      const path = paths.get(saved.key);
      const found =
        path === undefined ? undefined : await this.#meet(path, 'beginning', saved.seen);
      if (found === undefined || found === 'compressed') continue;
      // The inode may belong to another file by now.
      if (found.generation === saved.generation && found.hash === saved.hash) renamed.push(found);
    }
    await this.#follow(renamed);
  }

  async #finishAll(): Promise<void> {
    for (const file of this.#files.values()) await file.finish(this.#signal);
    this.#files.clear();
  }

  async #drop(file: FollowedFile): Promise<void> {
    this.#files.delete(file.key);
    await file.close().catch(() => undefined);
  }

  #limit(path: string): void {
    const { max_files } = this.#options;
    if (!this.#overLimit) {
      const detail = `${path} and perhaps others must wait: ${max_files} files are followed`;
      this.#context.error('SLUICE_FILE_LIMIT', detail);
    }
    this.#overLimit = true;
  }

  async #save(): Promise<void> {
    this.#savedAt = Date.now();
    try {
      await this.#positions.save();
    } catch (error) {
      this.#notSaved(error);
    }
  }

  #notSaved(error: unknown): void {
    this.#context.error('SLUICE_FILE_POSITIONS', `cannot be saved: ${String(error)}`);
  }
}
