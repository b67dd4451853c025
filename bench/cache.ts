import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheRoot } from '../stack/cache.ts';

/** A folder outside the tree for what is made once: the load and the compiled tools. */
export async function cacheFolder(): Promise<string> {
  const folder = join(cacheRoot(), 'bench');
  await mkdir(folder, { recursive: true });
  return folder;
}
