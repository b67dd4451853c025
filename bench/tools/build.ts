import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { projectFile } from '../../stack/project.ts';
import { runToEnd } from '../processes/child.ts';

const PROGRAMS = {
  'counting-sink': ['counting-sink.c', 'bulk.c', 'digest.c', 'json.c'],
  send: ['send.c'],
};

export type Program = keyof typeof PROGRAMS;

/** Compiles the bench's C programs into the cache, once for each state of their sources. */
export async function buildTools(cache: string): Promise<(program: Program) => string> {
  const sources = projectFile('bench', 'tools');
  const names = (await readdir(sources)).filter((name) => /\.[ch]$/.test(name)).sort();
  const hash = createHash('sha256');
  for (const name of names) hash.update(await readFile(join(sources, name)));
  const folder = join(cache, `tools-${hash.digest('hex').slice(0, 16)}`);
  const pathOf = (program: Program): string => join(folder, program);
  for (const old of await readdir(cache)) {
    if (old.startsWith('tools-') && !folder.endsWith(old)) {
      await rm(join(cache, old), { recursive: true, force: true });
    }
  }
  await mkdir(folder, { recursive: true });
  for (const [program, files] of Object.entries(PROGRAMS)) {
    const target = join(folder, program);
    if (existsSync(target)) continue;
    const args = ['-O2', '-o', `${target}.part`, ...files.map((file) => join(sources, file))];
    try {
      await runToEnd(process.env.CC ?? 'cc', args, { timeoutMs: 60_000 });
    } catch (error) {
      const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (!missing) throw error;
      throw new Error(
        'bench: the sink and the sender are C programs and there is no compiler: install one (Debian: apt-get install gcc libc6-dev) or name it in CC',
        { cause: error },
      );
    }
    await rename(`${target}.part`, target);
  }
  return pathOf;
}
