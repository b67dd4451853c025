import { readFile } from 'node:fs/promises';
import type { ListenAddress } from '../../config/units.ts';

const TABLES = { IPv4: '/proc/net/udp', IPv6: '/proc/net/udp6' } as const;

/**
 * Datagrams that the kernel threw away because the socket's buffer was full.
 * @returns undefined where the system does not tell (it is Linux's /proc that does)
 */
export async function readKernelDrops(
  address: ListenAddress,
  signal: AbortSignal,
): Promise<number | undefined> {
  const table = address.host.includes(':') ? TABLES.IPv6 : TABLES.IPv4;
  try {
    return kernelDrops(await readFile(table, { encoding: 'latin1', signal }), address);
  } catch {
    return undefined;
  }
}

/**
 * @param table text of /proc/net/udp or udp6: `sl local_address rem_address … drops`, addresses as words in host order, in hex
 * @returns sum of the last column over the sockets that are bound to the address
 */
export function kernelDrops(table: string, address: ListenAddress): number | undefined {
  const local = `${hexAddress(address.host)}:${hex(address.port, 4)}`;
  let total: number | undefined;
  for (const line of table.split('\n').slice(1)) {
    const columns = line.trim().split(/\s+/);
    if (columns[1] === local) total = (total ?? 0) + Number(columns.at(-1));
  }
  return total;
}

function hexAddress(host: string): string {
  const bytes = host.includes(':') ? ipv6Bytes(host) : host.split('.').map(Number);
  const view = new DataView(Uint8Array.from(bytes).buffer);
  let text = '';
  for (let at = 0; at + 4 <= view.byteLength; at += 4) {
    text += hex(view.getUint32(at, LITTLE_ENDIAN), 8);
  }
  return text;
}

/** Of this machine. */
const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** @param host as a bound socket tells it: hexadecimal groups, at most one `::`, a zone perhaps */
function ipv6Bytes(host: string): number[] {
  const [head = '', tail] = (host.split('%')[0] ?? '').split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const front = groups(head);
  const back = groups(tail ?? '');
  const zeros = Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0');
  const words = [...front, ...zeros, ...back].map((group) => Number.parseInt(group, 16));
  return words.flatMap((word) => [word >>> 8, word & 0xff]);
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}
