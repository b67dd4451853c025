import { spawnSync } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { run } from './command.ts';

/** Whom the servers run as. PostgreSQL and Elasticsearch refuse to run as root. */
export interface ServerUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** `nobody` when we are root; undefined when the servers run as whoever we are. */
export async function serverUser(): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const name = 'nobody';
  const id = async (flag: string) =>
    Number((await run('id', [flag, name], { timeout: 5_000 })).trim());
  return { name, uid: await id('-u'), gid: await id('-g') };
}

/** Whether the server's user may reach and read a path: every folder above it must let that user pass. */
export function reachable(path: string, user: ServerUser | undefined): boolean {
  if (user === undefined) return true;
  const test = spawnSync('test', ['-r', path], {
    uid: user.uid,
    gid: user.gid,
    cwd: '/',
    timeout: 5_000,
  });
  return test.status === 0;
}

/** Makes a folder that belongs to the server's user, open to nobody else (PostgreSQL insists). */
export async function makeFolder(path: string, user: ServerUser | undefined): Promise<string> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  if (user !== undefined) await chown(path, user.uid, user.gid);
  return path;
}

/**
 * A folder for the servers' data: `wanted`, or a fresh one below the system's temporary folder
 * when root's servers could not reach `wanted` (a checkout in a private home).
 */
export async function dataFolder(wanted: string): Promise<string> {
  const folder = resolve(wanted);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const user = await serverUser();
  if (reachable(folder, user)) return folder;
  return temporaryFolder('sluice-stack-');
}

/** A fresh folder below the system's temporary folder that the servers' user can pass through. */
export async function temporaryFolder(prefix: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), prefix));
  await chmod(folder, 0o755);
  return folder;
}
