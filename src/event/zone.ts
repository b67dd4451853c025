/** What a time of day without a zone means. */
export interface Zone {
  readonly name: string;
  /** Epoch ms of a wall-clock time, given as if it were UTC. In the gap of spring the time is as if the clock had not moved yet. */
  toUtc(localMs: number): number;
}

const MINUTE_MS = 60_000;
/** Offsets change on whole quarters of an hour. */
const BUCKET_MS = 15 * MINUTE_MS;
/** Offsets remembered for each zone; beyond, it starts again. */
const MAX_REMEMBERED = 4096;

export const UTC: Zone = { name: 'UTC', toUtc: (localMs) => localMs };

/** @param minutes east of Greenwich */
export function fixedZone(name: string, minutes: number): Zone {
  return { name, toUtc: (localMs) => localMs - minutes * MINUTE_MS };
}

/**
 * `UTC`, `Z`, an offset (`+02:00`, `-0530`) or an IANA name (`Europe/Berlin`).
 * @throws RangeError when there is no such zone
 */
export function resolveZone(name: string): Zone {
  if (name === 'UTC' || name === 'Z') return UTC;
  const offset = /^([+-])(\d\d):?([0-5]\d)$/.exec(name);
  if (offset !== null) {
    const minutes = Number(offset[2]) * 60 + Number(offset[3]);
    return fixedZone(name, offset[1] === '-' ? -minutes : minutes);
  }
  return new NamedZone(name);
}

class NamedZone implements Zone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #offsets = new Map<number, number>();

  constructor(name: string) {
    this.name = name;
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  toUtc(localMs: number): number {
    // The offset before the clock moved decides, as long as it fits: then an hour that occurs twice is its first occurrence.
    const before = this.#offsetAt(localMs - 24 * 60 * MINUTE_MS);
    const guess = localMs - before;
    if (this.#offsetAt(guess) === before) return guess;
    const after = localMs - this.#offsetAt(guess);
    return after + this.#offsetAt(after) === localMs ? after : guess;
  }

  /** Offset in ms at an instant. */
  #offsetAt(utcMs: number): number {
    const bucket = Math.floor(utcMs / BUCKET_MS);
    const known = this.#offsets.get(bucket);
    if (known !== undefined) return known;
    const instant = bucket * BUCKET_MS;
    const part: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(instant)) part[type] = Number(value);
    const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
    const offset = Date.UTC(year, month - 1, day, hour, minute, second) - instant;
    if (this.#offsets.size >= MAX_REMEMBERED) this.#offsets.clear();
    this.#offsets.set(bucket, offset);
    return offset;
  }
}
