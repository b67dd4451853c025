import { connect } from 'node:net';
import { join } from 'node:path';
import { onPath, type Tool } from './command.ts';
import { unpack } from './debian.ts';
import { freePort } from './ports.ts';
import { startProgram } from './program.ts';
import type { Server } from './server.ts';
import { makeFolder, type ServerUser } from './user.ts';

/**
 * Redis from PATH, else from Debian's packages. It logs every write, so that a restart keeps its data.
 * @param settings more command line arguments, such as `--cluster-enabled yes`
 */
export async function startRedis(
  dataDir: string,
  user: ServerUser | undefined,
  signal: AbortSignal,
  settings: readonly string[] = [],
): Promise<Server> {
  const tool = await redisTool('redis-server');
  const folder = await makeFolder(join(dataDir, 'redis'), user);
  const port = await freePort();
  return startProgram(
    {
      name: 'redis',
      url: `redis://127.0.0.1:${port}`,
      command: tool.command,
      args: [
        '--bind',
        '127.0.0.1',
        '--port',
        String(port),
        '--dir',
        folder,
        '--save',
        '',
        '--appendonly',
        'yes',
        ...settings,
      ],
      cwd: folder,
      env: { PATH: '/usr/bin:/bin', ...tool.env },
      user,
      logFile: join(dataDir, 'redis.log'),
      readyWithin: 15_000,
      ready: (limit) => ping(port, limit),
    },
    signal,
  );
}

/** `redis-cli`, for loading Redis protocol files with `--pipe`. */
export const redisCli = (): Promise<Tool> => redisTool('redis-cli');

async function redisTool(name: 'redis-server' | 'redis-cli'): Promise<Tool> {
  const installed = await onPath(name);
  if (installed !== undefined) return { command: installed, env: {} };
  const { root, env } = await unpack(['redis-server', 'redis-tools']);
  return { command: join(root, 'usr/bin', name), env };
}

function ping(port: number, limit: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', signal: limit });
    socket.setTimeout(2_000, () => socket.destroy(new Error('no PONG within 2 s')));
    socket.once('error', reject);
    socket.once('data', (answer) => {
      socket.destroy();
      // While it loads its log it answers -LOADING.
      if (answer.toString().startsWith('+PONG')) resolve();
      else reject(new Error(answer.toString().trim()));
    });
    socket.write('PING\r\n');
  });
}
