import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onPath, type Tool } from './command.ts';
import { unpack } from './debian.ts';

export type { Tool } from './command.ts';
export { redisCli } from './redis.ts';

/** `psql`, from PATH or from Debian's client package. */
export async function psql(): Promise<Tool> {
  const installed = await onPath('psql');
  if (installed !== undefined) return { command: installed, env: {} };
  const { root, env } = await unpack(['postgresql-client']);
  const versions = join(root, 'usr/lib/postgresql');
  const [version] = await readdir(versions);
  if (version === undefined) throw new Error(`no PostgreSQL client in ${versions}`);
  return { command: join(versions, version, 'bin/psql'), env };
}

/** `logger` of util-linux, which speaks both syslog formats over TCP and UDP. */
export async function logger(): Promise<Tool> {
  const installed = await onPath('logger');
  if (installed === undefined)
    throw new Error('logger is not on PATH: install util-linux (bsdutils on Debian)');
  return { command: installed, env: {} };
}
