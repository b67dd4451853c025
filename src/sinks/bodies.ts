/** Free buffers kept for the next request; more than that go back to the system. */
const keep = 2;

/**
 * Request bodies out of payloads. One payload is its own body; several are put together in a buffer that is used
 * again, since fresh megabytes for each request would cost page faults and collections.
 */
export class Bodies {
  readonly #free: Buffer[] = [];

  /** Calls `send` with the views as one piece; its result must not come before the bytes are out of use. */
  async with<Result>(
    views: readonly Buffer[],
    send: (body: Buffer) => Promise<Result>,
  ): Promise<Result> {
    const [only] = views;
    if (only !== undefined && views.length === 1) return send(only);
    const length = views.reduce((sum, view) => sum + view.length, 0);
    const buffer = this.#take(length);
    let offset = 0;
    for (const view of views) {
      buffer.set(view, offset);
      offset += view.length;
    }
    const result = await send(buffer.subarray(0, length));
    // After a failure the buffer is let go instead: a socket that is being torn down may still hold it.
    if (this.#free.length < keep) this.#free.push(buffer);
    return result;
  }

  #take(length: number): Buffer {
    const found = this.#free.findIndex((buffer) => buffer.length >= length);
    const [buffer] = found < 0 ? [] : this.#free.splice(found, 1);
    return (
      buffer ?? Buffer.allocUnsafeSlow(Math.max(256 * 1024, 2 ** Math.ceil(Math.log2(length))))
    );
  }
}
