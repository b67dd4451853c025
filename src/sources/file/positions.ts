import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** Files that are remembered; beyond, those not seen for the longest time are forgotten. */
const REMEMBERED = 20_000;
const FORGET_MS = 30 * 86_400_000;

const entrySchema = z.object({
  path: z.string(),
  key: z.string(),
  born: z.string(),
  hash: z.string(),
  length: z.number(),
  generation: z.number(),
  offset: z.number(),
  seen: z.number(),
});
const fileSchema = z.object({ version: z.literal(1), files: z.array(entrySchema) });

/** What is known of a file; `offset` is where reading continues after a restart: all before it is settled. */
export type SavedFile = z.output<typeof entrySchema>;

/** The positions of followed files, kept in one small file that is replaced as a whole. */
export class Positions {
  readonly #path: string;
  readonly #folder: string;
  readonly #files = new Map<string, SavedFile>();
  #dirty = false;
  #changed: (() => void) | undefined;
  #saving: Promise<void> = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
    this.#path = join(folder, 'positions.json');
  }

  /**
   * @param unreadable told when the saved positions cannot be understood; they are set aside as positions.json.bad
   */
  static async load(folder: string, unreadable: (reason: string) => void): Promise<Positions> {
    await mkdir(folder, { recursive: true });
    const positions = new Positions(folder);
    try {
      const { files } = fileSchema.parse(JSON.parse(await readFile(positions.#path, 'utf8')));
      for (const file of files) positions.#files.set(file.key, file);
    } catch (error) {
      if (!isAbsent(error)) {
        await rename(positions.#path, `${positions.#path}.bad`);
        unreadable(String(error));
      }
    }
    return positions;
  }

  /** @param key `device:inode` */
  find(key: string): SavedFile | undefined {
    return this.#files.get(key);
  }

  all(): readonly SavedFile[] {
    return [...this.#files.values()];
  }

  put(file: SavedFile): void {
    this.#files.set(file.key, file);
    if (this.#dirty) return;
    this.#dirty = true;
    this.#changed?.();
  }

  /** Durable when it resolves: temporary file, fsync, rename, fsync of the folder. */
  save(): Promise<void> {
    const turn = this.#saving.then(() => this.#write());
    this.#saving = turn.catch(() => undefined);
    return turn;
  }

  /** From now on each change is saved at once: reading has ended, what was read still settles. */
  saveChanges(failed: (error: unknown) => void): void {
    this.#changed = () => {
      this.save().catch(failed);
    };
    // What changed while the last save was under way has told nobody.
    if (this.#dirty) this.#changed();
  }

  async #write(): Promise<void> {
    if (!this.#dirty) return;
    this.#dirty = false;
    this.#forget(Date.now());
    const files = this.all();
    const temporary = `${this.#path}.tmp`;
    try {
      await writeDurably(temporary, `${JSON.stringify({ version: 1, files }, null, 1)}\n`);
      await rename(temporary, this.#path);
      await syncFolder(this.#folder);
    } catch (error) {
      this.#dirty = true;
      throw error;
    }
  }

  #forget(now: number): void {
    for (const { key, seen } of this.all()) {
      if (seen < now - FORGET_MS) this.#files.delete(key);
    }
    const excess = this.#files.size - REMEMBERED;
    if (excess <= 0) return;
    const oldest = [...this.#files.values()].sort((a, b) => a.seen - b.seen).slice(0, excess);
    for (const { key } of oldest) this.#files.delete(key);
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const handle = await open(path, 'w');
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
