import { join } from 'node:path';
import { cached } from './cache.ts';
import { onPath, run } from './command.ts';
import { unpack } from './debian.ts';
import { freePort } from './ports.ts';
import { startProgram } from './program.ts';
import type { Server } from './server.ts';
import { makeFolder, type ServerUser } from './user.ts';

const version = '1.8.10';
/** The database that the shipped configurations write to. */
const database = 'telemetry';

/** InfluxDB 1.8, built by Go. Without Go, Debian's 1.6, which has `/write` but no `/api/v2/write`. */
export async function startInfluxdb(
  dataDir: string,
  user: ServerUser | undefined,
  signal: AbortSignal,
  log: (line: string) => void,
): Promise<Server> {
  const command = await influxd(log);
  const folder = await makeFolder(join(dataDir, 'influxdb'), user);
  const url = `http://127.0.0.1:${await freePort()}`;
  return startProgram(
    {
      name: 'influxdb',
      url,
      command,
      args: ['run', '-config', '/dev/null'], // only the variables below count
      cwd: folder,
      env: {
        PATH: '/usr/bin:/bin',
        HOME: folder,
        INFLUXDB_REPORTING_DISABLED: 'true',
        INFLUXDB_BIND_ADDRESS: '127.0.0.1:0', // the backup port: any
        INFLUXDB_META_DIR: join(folder, 'meta'),
        INFLUXDB_DATA_DIR: join(folder, 'data'),
        INFLUXDB_DATA_WAL_DIR: join(folder, 'wal'),
        INFLUXDB_HTTP_BIND_ADDRESS: new URL(url).host,
        INFLUXDB_HTTP_LOG_ENABLED: 'false',
        INFLUXDB_DATA_QUERY_LOG_ENABLED: 'false',
        INFLUXDB_MONITOR_STORE_ENABLED: 'false',
        INFLUXDB_CONTINUOUS_QUERIES_RUN_INTERVAL: '1s',
      },
      user,
      logFile: join(dataDir, 'influxdb.log'),
      readyWithin: 30_000,
      ready: (limit) => ensureDatabase(url, limit),
    },
    signal,
  );
}

/** CREATE DATABASE of InfluxQL does nothing when the database is there. */
async function ensureDatabase(url: string, limit: AbortSignal): Promise<void> {
  const body = new URLSearchParams({ q: `CREATE DATABASE ${database}` });
  const answer = await fetch(`${url}/query`, { method: 'POST', body, signal: limit });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status} ${text}`);
}

async function influxd(log: (line: string) => void): Promise<string> {
  if ((await onPath('go')) === undefined) {
    log("influxdb: no Go here, so Debian's 1.6 serves, which lacks /api/v2/write");
    return join((await unpack(['influxdb'])).root, 'usr/bin/influxd');
  }
  const folder = await cached(`influxdb-${version}-${process.arch}`, async (partial) => {
    log(`influxdb: building ${version}, once, in a minute or two`);
    const flags = ['-trimpath', '-ldflags', `-s -w -X main.version=${version}`];
    await run(
      'go',
      ['install', ...flags, `github.com/influxdata/influxdb/cmd/influxd@v${version}`],
      {
        timeout: 15 * 60_000,
        env: { CGO_ENABLED: '0', GOBIN: join(partial, 'bin') },
      },
    );
  });
  return join(folder, 'bin', 'influxd');
}
