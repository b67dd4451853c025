import { once } from 'node:events';
import { open, unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { SluiceError } from '../errors/codes.ts';

const NAME = 'lock';
const PROBE_MS = 2000;

export interface DataDirLock {
  release(): Promise<void>;
}

/**
 * Keeps a second daemon out of the data folder: a Unix socket in it that this process listens on. The kernel ends the
 * listening with the process, however it dies, so a socket that nobody answers is left over and may go.
 * It holds between containers that share the folder on one machine, which a process number in a file would not.
 * @throws SluiceError SLUICE_DATA_DIR_LOCKED
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  const { path, close } = await shortPath(dataDir);
  for (let attempt = 0; attempt < 2; attempt++) {
    const server = await listen(path);
    if (server !== undefined) {
      // The lock alone must not keep the process alive.
      server.unref();
      return {
        async release() {
          const closed = once(server, 'close');
          server.close(); // removes the socket
          await closed;
          await close();
        },
      };
    }
    if (await answers(path)) break;
    await unlink(path).catch(() => {});
  }
  await close();
  throw new SluiceError('SLUICE_DATA_DIR_LOCKED', `${dataDir} is used by another process`);
}

/** A socket's path has room for some 100 bytes; through the open folder any depth will do. */
async function shortPath(dataDir: string): Promise<{ path: string; close: () => Promise<void> }> {
  if (process.platform !== 'linux') {
    return { path: join(dataDir, NAME), close: () => Promise.resolve() };
  }
  const folder = await open(dataDir, 'r');
  return { path: `/proc/self/fd/${folder.fd}/${NAME}`, close: () => folder.close() };
}

/** @returns undefined when the socket is there already */
async function listen(path: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  server.listen(path);
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return undefined;
    const message = error instanceof Error ? error.message : String(error);
    throw new SluiceError('SLUICE_DATA_DIR', message, { cause: error });
  }
}

async function answers(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(PROBE_MS) });
    return true;
  } catch (error) {
    // Whoever is too busy to answer is alive.
    return !(error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED');
  } finally {
    socket.destroy();
  }
}
