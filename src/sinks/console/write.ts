import { abortable, messageOf } from '../limits.ts';
import { retryOf } from '../run.ts';
import type { Payload, SinkWriter, Verdict } from '../sink.ts';

/** Prints payloads to a stream that belongs to the process and stays open. */
export class ConsoleWriter implements SinkWriter {
  readonly #stream: NodeJS.WritableStream;
  #failure: Error | undefined;
  /** Failed writes also emit `error`; the verdict tells of them. When the reader goes away, that is EPIPE. */
  readonly #onError = (error: Error): void => {
    this.#failure = error;
  };

  constructor(stream: NodeJS.WritableStream = process.stdout) {
    this.#stream = stream;
    stream.on('error', this.#onError);
  }

  async connect(): Promise<void> {
    // Standard output is there, or the first write says why not.
  }

  async write(payloads: readonly Payload[], signal: AbortSignal): Promise<readonly Verdict[]> {
    try {
      for (const { bytes } of payloads) await abortable(this.#print(bytes), signal);
      return payloads.map(() => ({ kind: 'delivered' }));
    } catch (error) {
      const verdict = retryOf({
        code: 'SLUICE_SINK_UNREACHABLE',
        reason: `standard output: ${messageOf(error)}`,
      });
      return payloads.map(() => verdict);
    }
  }

  async close(): Promise<void> {
    this.#stream.removeListener('error', this.#onError);
  }

  #print(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#stream.write(bytes, (error) => (error == null ? resolve() : reject(error)));
    });
  }
}
