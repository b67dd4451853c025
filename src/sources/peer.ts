import { formatListen } from '../config/units.ts';
import type { Peer } from '../pipeline/batch.ts';

const MAPPED = '::ffff:';

/** @param address as the socket gives it; an IPv4 address in an IPv6 coat loses the coat */
export function peerOf(address: string | undefined, port: number | undefined): Peer {
  const plain = address ?? 'unknown';
  const bare = plain.startsWith(MAPPED) && plain.includes('.') ? plain.slice(MAPPED.length) : plain;
  return { address: bare, port: port ?? 0 };
}

/** `10.0.0.1:514`, `[::1]:514`. */
export function formatPeer({ address, port }: Peer): string {
  return formatListen({ host: address, port });
}
