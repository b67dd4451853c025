import { CELL_BYTES, CLEAN, meta } from '../event/cell.ts';
import type { LiteralArea } from '../event/literals.ts';
import type { Address, CoreMemory } from '../event/memory.ts';
import type { Peer } from '../pipeline/batch.ts';
import { PEER_TABLES, PEER_TABLE_SIZE, type PeersMessage } from './protocol.ts';

/** `[ipv6%scope]:65535` at most; a longer address is cut. */
const TEXT_BYTES = 72;
const TABLE_CELLS = PEER_TABLE_SIZE + 1;

/** Who sent the records of a batch, as cells that `begin` copies into the rows: a table for each listener's current set of peers. */
export class PeerTables {
  readonly #memory: CoreMemory;
  readonly #cells: Address;
  readonly #texts: Address;

  constructor(memory: CoreMemory, literals: LiteralArea) {
    this.#memory = memory;
    this.#cells = literals.reserve(PEER_TABLES * TABLE_CELLS * CELL_BYTES);
    this.#texts = literals.reserve(PEER_TABLES * TABLE_CELLS * TEXT_BYTES);
  }

  /** Address of a table's cells; cell 0 is absent. */
  table(number: number): Address {
    return this.#cells + number * TABLE_CELLS * CELL_BYTES;
  }

  set({ table, from, peers }: PeersMessage): void {
    peers.forEach((peer, k) => {
      const entry = table * TABLE_CELLS + from + k;
      const text = this.#texts + entry * TEXT_BYTES;
      const length = this.#memory.bytes.write(label(peer), text, TEXT_BYTES, 'latin1');
      const cell = (this.#cells + entry * CELL_BYTES) >>> 2;
      this.#memory.u32[cell] = text;
      this.#memory.u32[cell + 1] = meta(CLEAN, length);
    });
  }
}

/** `192.0.2.7:514`, `[2001:db8::7]:514`; without a port the address alone. */
export function label({ address, port }: Peer): string {
  if (port === 0) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
