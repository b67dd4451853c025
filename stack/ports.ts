import { createServer } from 'node:net';

/**
 * Ports below the range that the kernel hands to outgoing connections (32768 and up on Linux).
 * A client that keeps dialling a stopped server could otherwise be given the server's own port
 * and be connected to itself, and the server could not come back.
 */
const lowest = 20_000;
const count = 12_000;

/** A TCP port on loopback that nobody listens on now. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = lowest + Math.floor(Math.random() * count);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port found between ${lowest} and ${lowest + count}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
