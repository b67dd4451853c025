import { parseDeltas } from '../deltas.ts';
import { payloadOf } from '../lines.ts';
import type { Payload, SinkWriter, Verdict } from '../sink.ts';
import { counterKey } from './key.ts';

/** A command in Redis protocol (RESP), as `redis-cli --pipe` loads it. */
export function command(words: readonly string[]): string {
  const bulks = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return `*${words.length}\r\n${bulks.join('')}`;
}

/**
 * Turns deltas into commands and hands these to a writer that knows nothing of Redis. Without a server there is no guard:
 * what is loaded twice counts twice.
 */
export class CommandWriter implements SinkWriter {
  readonly #inner: SinkWriter;
  readonly #prefix: string;
  readonly #expireMs: string;

  constructor(inner: SinkWriter, prefix: string, expireMs: number) {
    this.#inner = inner;
    this.#prefix = prefix;
    this.#expireMs = String(expireMs);
  }

  connect(signal: AbortSignal): Promise<void> {
    return this.#inner.connect(signal);
  }

  write(payloads: readonly Payload[], signal: AbortSignal): Promise<readonly Verdict[]> {
    return this.#inner.write(
      payloads.map((payload) => payloadOf(this.#commands(payload), payload)),
      signal,
    );
  }

  close(signal: AbortSignal): Promise<void> {
    return this.#inner.close(signal);
  }

  #commands(payload: Payload): string[] {
    return parseDeltas(payload).map(({ key, count }) => {
      const counter = counterKey(this.#prefix + key);
      return (
        command(['INCRBY', counter, String(count)]) + command(['PEXPIRE', counter, this.#expireMs])
      );
    });
  }
}
