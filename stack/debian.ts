import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cached } from './cache.ts';
import { onPath, run } from './command.ts';

/** Debian packages unpacked into a folder of ours: nothing is installed, no service is made. */
export interface Unpacked {
  /** Stands for `/` of the packages. */
  readonly root: string;
  /** What the dynamic linker needs to find the packages' libraries. */
  readonly env: { readonly LD_LIBRARY_PATH: string };
}

/** Downloads the packages, and what they depend on that this machine lacks, and unpacks them. */
export async function unpack(packages: readonly string[]): Promise<Unpacked> {
  if ((await onPath('apt-get')) === undefined || (await onPath('dpkg-deb')) === undefined) {
    throw new Error(
      `Debian packages ${packages.join(', ')} are needed, but there is no apt-get here: install them by hand`,
    );
  }
  const release =
    /^VERSION_CODENAME=(\w+)/m.exec(await readFile('/etc/os-release', 'utf8'))?.[1] ?? 'debian';
  const root = await cached(`${release}-${process.arch}-${packages.join('+')}`, async (folder) => {
    const archives = await download(packages, folder);
    for (const archive of archives) {
      await run('dpkg-deb', ['-x', archive, folder], { timeout: 60_000 });
      await run('rm', [archive], { timeout: 5_000 });
    }
  });
  return { root, env: { LD_LIBRARY_PATH: (await libraryFolders(root)).join(':') } };
}

async function download(packages: readonly string[], folder: string): Promise<string[]> {
  const fetch = async () => {
    const wanted = new Set([...packages, ...(await missing(packages))]);
    await run('apt-get', ['download', '-qq', ...wanted], { timeout: 5 * 60_000, cwd: folder });
  };
  try {
    await fetch();
  } catch (error) {
    // A fresh image has no package lists, or stale ones; only root may renew them.
    if (process.getuid?.() !== 0) throw error;
    await run('apt-get', ['update', '-qq'], { timeout: 5 * 60_000 });
    await fetch();
  }
  const files = await readdir(folder);
  return files.filter((file) => file.endsWith('.deb')).map((file) => join(folder, file));
}

/** What apt would install anew; upgrades of what is there (`Inst name [old version]`) are left out. */
async function missing(packages: readonly string[]): Promise<string[]> {
  const plan = await run('apt-get', ['-s', '--no-install-recommends', 'install', ...packages], {
    timeout: 60_000,
  });
  return [...plan.matchAll(/^Inst (\S+) \(/gm)].flatMap(([, name]) =>
    name === undefined ? [] : [name],
  );
}

async function libraryFolders(root: string): Promise<string[]> {
  const files = await readdir(root, { recursive: true });
  const folders = files
    .filter((file) => /^(usr\/)?lib\/[^/]+\/[^/]+\.so[.\d]*$/.test(file))
    .map((file) => join(root, dirname(file)));
  return [...new Set(folders)];
}
