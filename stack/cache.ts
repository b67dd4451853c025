import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from './command.ts';

/** Longest time that one download or build may hold its lock. */
const buildLimit = 20 * 60_000;

/**
 * Where downloads live between runs: SLUICE_STACK_CACHE, else the user's cache folder.
 * Root's home is closed to the user that root's servers run as, so root keeps them in /var/cache.
 */
export function cacheRoot(): string {
  const chosen = process.env['SLUICE_STACK_CACHE'];
  if (chosen !== undefined && chosen !== '') return chosen;
  if (process.getuid?.() === 0) return '/var/cache/sluice-stack';
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'sluice-stack');
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/**
 * The cached folder `name`, filled by `build` when it is not there yet. `build` works in a folder
 * beside it that is renamed when complete, so a folder that exists is whole. Processes that want
 * the same folder wait for one another.
 */
export async function cached(
  name: string,
  build: (folder: string) => Promise<void>,
): Promise<string> {
  const target = join(cacheRoot(), name);
  if (await exists(target)) return target;
  await mkdir(dirname(target), { recursive: true });
  const release = await lock(`${target}.lock`);
  const partial = `${target}.partial`;
  try {
    if (await exists(target)) return target;
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial);
    await build(partial);
    await run('chmod', ['-R', 'a+rX', partial], { timeout: 60_000 });
    await rename(partial, target);
    return target;
  } finally {
    await rm(partial, { recursive: true, force: true });
    await release();
  }
}

/** Takes a lock file, waiting while a living process holds it. Resolves to its release. */
async function lock(path: string): Promise<() => Promise<void>> {
  const deadline = performance.now() + buildLimit;
  for (;;) {
    const handle = await open(path, 'wx').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return undefined;
      throw error;
    });
    if (handle !== undefined) {
      await handle.writeFile(String(process.pid));
      await handle.close();
      return () => rm(path, { force: true });
    }
    const holder = Number(await readFile(path, 'utf8').catch(() => ''));
    // An empty file is a holder between creating and writing: it counts as alive.
    if (holder > 0 && !alive(holder)) await rm(path, { force: true });
    if (performance.now() > deadline)
      throw new Error(`${path} is held by process ${holder}; remove it if that is wrong`);
    await sleep(200);
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
