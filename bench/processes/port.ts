import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Waits until the port accepts a connection; `alive` ends the wait when the server is gone. */
export async function waitForPort(
  port: number,
  timeoutMs: number,
  alive: () => boolean,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (alive() && performance.now() < deadline) {
    const socket = connect(port, '127.0.0.1');
    const open = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    await delay(50);
  }
  throw new Error(`bench: nothing listens on port ${port}`);
}
