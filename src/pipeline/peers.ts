import { PEER_TABLE_SIZE } from '../workers/protocol.ts';
import type { Peer } from './batch.ts';

/**
 * Numbers the peers of a stream, from 1; 0 is "none". A table only grows, so that many batches share it and a worker
 * learns each peer once; when it is full, the batch ends and a new table begins.
 */
export class PeerTable {
  readonly entries: Peer[] = [];
  readonly #numbers = new Map<string, Map<number, number>>();
  #last: Peer | undefined;
  #lastNumber = 0;

  /** @returns the peer's number, or -1 when the table is full */
  numberOf(peer: Peer | undefined): number {
    if (peer === undefined) return 0;
    // Connections present the same object with each chunk.
    if (peer === this.#last) return this.#lastNumber;
    const number = this.#numbers.get(peer.address)?.get(peer.port) ?? this.#add(peer);
    if (number < 0) return number;
    this.#last = peer;
    this.#lastNumber = number;
    return number;
  }

  #add(peer: Peer): number {
    if (this.entries.length === PEER_TABLE_SIZE) return -1;
    const number = this.entries.push(peer);
    const ports = this.#numbers.get(peer.address);
    if (ports === undefined) this.#numbers.set(peer.address, new Map([[peer.port, number]]));
    else ports.set(peer.port, number);
    return number;
  }
}
