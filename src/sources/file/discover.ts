import { readdir, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { escapePath, glob } from 'tinyglobby';
import type { FileOptions } from './spec.ts';

/** Names that are looked at when renamed files are searched in their folder. */
const SEARCHED = 10_000;

/** @returns absolute paths of the files that match, sorted; relative globs start at the working directory */
export async function discover(
  { paths, exclude }: Pick<FileOptions, 'paths' | 'exclude'>,
  signal: AbortSignal,
): Promise<string[]> {
  const files = await glob(paths.map(fromHere), {
    ignore: exclude.map(fromHere),
    cwd: '/',
    absolute: true,
    onlyFiles: true,
    expandDirectories: false,
    signal,
  });
  return files.sort();
}

function fromHere(pattern: string): string {
  return isAbsolute(pattern) ? pattern : join(escapePath(process.cwd()), pattern);
}

/** Which file it is, whatever it is called. */
export function fileKey({ dev, ino }: { dev: bigint; ino: bigint }): string {
  return `${dev}:${ino}`;
}

/** @returns the key and the size of the file at the path; undefined when there is none */
export async function lookAt(
  path: string,
): Promise<{ readonly key: string; readonly size: number } | undefined> {
  try {
    const found = await stat(path, { bigint: true });
    return { key: fileKey(found), size: Number(found.size) };
  } catch {
    return undefined;
  }
}

/** @returns the paths in a folder by their keys, to find files that were renamed within it */
export async function pathsByKey(folder: string): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>();
  const names = await readdir(folder).catch(() => []);
  for (const name of names.slice(0, SEARCHED)) {
    const path = join(folder, name);
    const found = await lookAt(path);
    if (found !== undefined) paths.set(found.key, path);
  }
  return paths;
}
