/**
 * One buffer that all senders of a listener read into, in turn: a chunk is consumed before the next one is read.
 * In front of it is room for the sender's tail, so that tail and chunk lie together without copying the chunk.
 *
 *   ├──── headroom ────┼──────────── area ────────────┤
 *              [ tail ][ chunk          ]
 */
export class ReceiveArea {
  readonly headroom: number;
  readonly area: Buffer;

  /**
   * @param size bytes of the largest chunk; @param headroom bytes of the longest tail that is joined in place
   * @param allocate where the room comes from; memory of its own where that has none
   */
  constructor(
    size: number,
    headroom = 64 * 1024,
    allocate: (bytes: number) => Buffer | undefined = () => undefined,
  ) {
    const buffer = allocate(headroom + size) ?? Buffer.allocUnsafeSlow(headroom + size);
    this.headroom = headroom;
    this.area = buffer.subarray(headroom);
  }

  /** @returns the chunk's copy in the area, at most the area's size */
  copy(chunk: Uint8Array): Buffer {
    this.area.set(chunk);
    return this.area.subarray(0, chunk.length);
  }
}
