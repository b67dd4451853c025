import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError } from '../errors/codes.ts';

const FILE = 'incarnation';
const HEX = /^[0-9a-f]{32}\n$/;

/**
 * 128 random bits that belong to a data folder, made once. Ids of events and guards in the stores carry them, so that a
 * wiped or recreated folder, which counts from the start again, never meets its earlier self.
 * @returns 16 bytes
 * @throws SluiceError SLUICE_DATA_DIR when the folder cannot be used, or the file is damaged
 */
export async function readIncarnation(dataDir: string): Promise<Uint8Array> {
  const path = join(dataDir, FILE);
  try {
    const known = await readFile(path, 'latin1').catch(absent);
    if (known !== undefined) {
      if (!HEX.test(known))
        throw new Error(`${path} is damaged; restore it, or remove it to begin anew`);
      return Buffer.from(known.trim(), 'hex');
    }
    const made = randomBytes(16);
    await writeDurably(dataDir, path, `${made.toString('hex')}\n`);
    return made;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new SluiceError('SLUICE_DATA_DIR', message, { cause: error });
  }
}

/** Makes the data folder. @throws SluiceError SLUICE_DATA_DIR */
export async function makeDataDir(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o750 });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new SluiceError('SLUICE_DATA_DIR', message, { cause: error });
  }
}

/** Whole or not at all, also after a power cut. */
async function writeDurably(folder: string, path: string, text: string): Promise<void> {
  const draft = `${path}.new`;
  const file = await open(draft, 'w', 0o640);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  const directory = await open(folder, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function absent(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
