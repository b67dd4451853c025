import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** A folder outside the tree for what is made or fetched once: the load, tools, packages. */
export async function cacheFolder(): Promise<string> {
  const base = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const folder = join(base, 'sluice', 'bench');
  await mkdir(folder, { recursive: true });
  return folder;
}
