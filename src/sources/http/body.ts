import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createGunzip, createInflate, type Gunzip, type Inflate } from 'node:zlib';
import { Refusal } from './refusal.ts';

export interface BodyLimits {
  /** Bytes as sent. */
  readonly max_request: number;
  /** Bytes after decompression. */
  readonly max_inflated: number;
  readonly max_ratio: number;
}

/** A small body may inflate as it likes: a page of equal lines does. */
const RATIO_FROM = 1024 * 1024;
const INFLATE_CHUNK = 64 * 1024;

/**
 * The request's bytes, inflated where they are compressed, as they arrive.
 * Inflating goes no further than the consumer has come, so a bomb costs one chunk beyond the limit.
 * @throws Refusal
 */
export function bodyOf(
  request: IncomingMessage,
  limits: BodyLimits,
  received: (bytes: number) => void,
): AsyncIterable<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limits.max_request) throw tooLarge(limits.max_request);
  const wire = wireBytes(request, limits.max_request, received);
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  switch (encoding) {
    case 'identity':
    case '':
      return wire;
    case 'gzip':
    case 'x-gzip':
      return inflated(wire, createGunzip({ chunkSize: INFLATE_CHUNK }), limits);
    case 'deflate':
      return inflated(wire, createInflate({ chunkSize: INFLATE_CHUNK }), limits);
    default:
      throw new Refusal(
        415,
        'SLUICE_HTTP_ENCODING',
        `Content-Encoding ${JSON.stringify(encoding)} is not supported; use gzip, deflate or identity`,
        { headers: { 'accept-encoding': 'gzip, deflate' } },
      );
  }
}

async function* wireBytes(
  request: IncomingMessage,
  max: number,
  received: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  let total = 0;
  // The request must survive a refusal: its socket carries the answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    const bytes = chunk as Buffer;
    received(bytes.length);
    total += bytes.length;
    if (total > max) throw tooLarge(max);
    yield bytes;
  }
}

async function* inflated(
  wire: AsyncIterable<Buffer>,
  engine: Gunzip | Inflate,
  limits: BodyLimits,
): AsyncGenerator<Buffer> {
  const over = new AbortController();
  void feed(wire, engine, over.signal);
  let total = 0;
  try {
    for await (const chunk of engine) {
      const bytes = chunk as Buffer;
      total += bytes.length;
      if (total > Math.max(RATIO_FROM, limits.max_ratio * engine.bytesWritten)) {
        throw new Refusal(
          413,
          'SLUICE_HTTP_RATIO',
          `the body inflates to more than ${limits.max_ratio} times its size`,
        );
      }
      if (total > limits.max_inflated) {
        throw new Refusal(
          413,
          'SLUICE_HTTP_TOO_LARGE',
          `the inflated body is larger than ${limits.max_inflated} bytes`,
        );
      }
      yield bytes;
    }
  } catch (error) {
    throw isZlibError(error)
      ? new Refusal(400, 'SLUICE_HTTP_BODY', `the compressed body is damaged: ${error.message}`)
      : error;
  } finally {
    over.abort();
    engine.destroy();
  }
}

/**
 * Never rejects: an error of the wire becomes an error of the engine, where the consumer meets it.
 * After a refusal, what still comes is read and forgotten.
 */
async function feed(
  wire: AsyncIterable<Buffer>,
  engine: Gunzip | Inflate,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const chunk of wire) {
      if (engine.destroyed || engine.write(chunk)) continue;
      await once(engine, 'drain', { signal }).catch(() => undefined);
    }
    if (!engine.destroyed) engine.end();
  } catch (error) {
    engine.destroy(error instanceof Error ? error : undefined);
  }
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}

function tooLarge(max: number): Refusal {
  return new Refusal(413, 'SLUICE_HTTP_TOO_LARGE', `the body is larger than ${max} bytes`);
}
