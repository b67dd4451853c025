/** A tail keeps a buffer of this size when it is empty, so that the usual half line does not allocate each time. */
const KEPT = 1024;
const NOTHING = Buffer.alloc(0);

/**
 * The unfinished record at the end of what a sender has sent. Its buffers are not slices of Node's pool: a slice of
 * 100 bytes would hold 8 KiB, times the number of connections.
 */
export class Tail {
  #buffer: Buffer = NOTHING;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Bytes of memory that it holds, beyond the small buffer that it may keep. */
  get capacity(): number {
    return this.#buffer.length > KEPT ? this.#buffer.length : 0;
  }

  /** Valid until the next change. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#buffer.length) this.#move(this.bytes, capacityFor(length));
    this.#buffer.set(bytes, this.#length);
    this.#length = length;
  }

  /** @param bytes may lie in the tail itself */
  replace(bytes: Uint8Array): void {
    const capacity = this.#buffer.length;
    const tooSmall = bytes.length > capacity;
    const tooLarge = capacity > KEPT && bytes.length <= capacity / 4;
    if (tooSmall || tooLarge) this.#move(bytes, capacityFor(bytes.length));
    else this.#buffer.set(bytes);
    this.#length = bytes.length;
  }

  clear(): void {
    this.#length = 0;
    if (this.#buffer.length > KEPT) this.#buffer = NOTHING;
  }

  #move(bytes: Uint8Array, capacity: number): void {
    const buffer = capacity === 0 ? NOTHING : Buffer.allocUnsafeSlow(capacity);
    buffer.set(bytes);
    this.#buffer = buffer;
  }
}

/** Doubling, so that a record that arrives byte by byte is copied a few times, not each time. */
function capacityFor(length: number): number {
  if (length === 0) return 0;
  let capacity = KEPT;
  while (capacity < length) capacity *= 2;
  return capacity;
}
