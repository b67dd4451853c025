import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const CONNECT_WITHIN_MS = 10_000;

/** The record with its octet count in front (RFC 6587 section 3.4.1). */
export function octetCounted(record: string | Uint8Array): Buffer {
  const bytes = Buffer.from(record as string);
  return Buffer.concat([Buffer.from(`${bytes.length} `), bytes]);
}

export async function connectTcp(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_WITHIN_MS) });
  return socket;
}

/** Sends all bytes over one connection, as fast as the receiver takes them. @param limit ms for all of it */
export async function sendTcp(
  port: number,
  chunks: Iterable<string | Uint8Array>,
  limit: number,
): Promise<void> {
  const signal = AbortSignal.timeout(limit);
  const socket = await connectTcp(port);
  try {
    for (const chunk of chunks) {
      if (!socket.write(chunk)) await once(socket, 'drain', { signal });
    }
    // Closed on both sides: the receiver has read all there was.
    const closed = once(socket, 'close', { signal });
    socket.resume().end();
    await closed;
  } finally {
    socket.destroy();
  }
}

/** Sends each record as a datagram; resolves when the kernel has them. */
export async function sendUdp(port: number, records: Iterable<string | Uint8Array>): Promise<void> {
  const socket = createSocket('udp4');
  try {
    for (const record of records) {
      await new Promise<void>((resolve, reject) =>
        socket.send(record, port, '127.0.0.1', (error) =>
          error === null ? resolve() : reject(error),
        ),
      );
    }
  } finally {
    socket.close();
  }
}
