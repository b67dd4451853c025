import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runToEnd } from '../processes/child.ts';

const TIMEOUT_MS = 120_000;

/**
 * Unpacks packages, and what they need that this machine lacks, into the cache: neither root nor an
 * installation is needed. Returns the folder that stands for `/`.
 */
export async function unpackPackages(cache: string, packages: readonly string[]): Promise<string> {
  const root = join(cache, `debian-${packages.join('-')}`);
  if (existsSync(root)) return root;
  const plan = await runToEnd(
    'apt-get',
    ['--simulate', '--no-install-recommends', 'install', ...packages],
    { timeoutMs: TIMEOUT_MS, env: { ...process.env, LC_ALL: 'C' } },
  );
  const names = [...plan.matchAll(/^Inst (\S+)/gm)].map((match) => match[1] ?? '');
  const folder = await mkdtemp(join(cache, 'download-'));
  await runToEnd('apt-get', ['download', ...names], { timeoutMs: TIMEOUT_MS, cwd: folder });
  const unfinished = join(folder, 'root');
  await mkdir(unfinished);
  for (const file of await readdir(folder)) {
    if (!file.endsWith('.deb')) continue;
    await runToEnd('dpkg-deb', ['-x', join(folder, file), unfinished], { timeoutMs: TIMEOUT_MS });
  }
  await rename(unfinished, root);
  await rm(folder, { recursive: true });
  return root;
}
