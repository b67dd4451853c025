import type { Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Server } from 'node:net';
import { formatListen, type ListenAddress } from '../config/units.ts';
import { type ErrorCode, SluiceError } from '../errors/codes.ts';

/** Opening a port is a matter of microseconds; a host name may have to be resolved first. */
const LISTEN_MS = 10_000;
/** Waiting connections that the kernel holds: bursts of reconnecting senders. The kernel's own limit may be lower. */
const BACKLOG = 1024;

const CODES: Readonly<Record<string, ErrorCode>> = {
  EADDRINUSE: 'SLUICE_LISTEN_IN_USE',
  EACCES: 'SLUICE_LISTEN_DENIED',
  EPERM: 'SLUICE_LISTEN_DENIED',
  EADDRNOTAVAIL: 'SLUICE_LISTEN_ADDRESS',
  ENOTFOUND: 'SLUICE_LISTEN_ADDRESS',
  EAI_AGAIN: 'SLUICE_LISTEN_ADDRESS',
  EAFNOSUPPORT: 'SLUICE_LISTEN_ADDRESS',
};

/** @returns the address that it got: port 0 asks for any. @throws SluiceError */
export async function listenTcp(server: Server, address: ListenAddress): Promise<ListenAddress> {
  await opened(server, 'tcp', address, () => {
    server.listen({ host: address.host, port: address.port, backlog: BACKLOG });
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') return address;
  return { host: bound.address, port: bound.port };
}

/** @returns the address that it got. @throws SluiceError */
export async function bindUdp(socket: UdpSocket, address: ListenAddress): Promise<ListenAddress> {
  await opened(socket, 'udp', address, () => {
    socket.bind({ address: address.host, port: address.port });
  });
  const bound = socket.address();
  return { host: bound.address, port: bound.port };
}

async function opened(
  emitter: Server | UdpSocket,
  protocol: string,
  address: ListenAddress,
  open: () => void,
): Promise<void> {
  const listening = once(emitter, 'listening', { signal: AbortSignal.timeout(LISTEN_MS) });
  open();
  try {
    await listening;
  } catch (error) {
    const place = `${protocol} ${formatListen(address)}`;
    const cause = error instanceof Error ? error.message : String(error);
    throw new SluiceError(codeOf(error), `cannot listen on ${place}: ${cause}`, { cause: error });
  }
}

function codeOf(error: unknown): ErrorCode {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return CODES[code] ?? 'SLUICE_LISTEN_ADDRESS';
}
