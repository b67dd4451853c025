/** What a source has brought so far; read by metrics and status, never reset. */
export interface SourceTally {
  readonly name: string;
  records: number;
  /** Bytes of records and what separates them. */
  bytes: number;
  batches: number;
  empty: number;
  truncated: number;
  /** Time during which at least one sender waited for room, ms. */
  blockedMs: number;
  /** Since when a sender waits; 0 = none does. */
  blockedSince: number;
}

export function newSourceTally(name: string): SourceTally {
  return {
    name,
    records: 0,
    bytes: 0,
    batches: 0,
    empty: 0,
    truncated: 0,
    blockedMs: 0,
    blockedSince: 0,
  };
}

/** @param now ms @returns ms blocked up to now */
export function blockedTime(tally: SourceTally, now: number): number {
  return tally.blockedMs + (tally.blockedSince === 0 ? 0 : now - tally.blockedSince);
}
