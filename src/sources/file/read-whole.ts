import { type FileHandle, open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { FrameReader } from '../frame-reader.ts';
import type { ReceiveArea } from '../receive-area.ts';
import type { SourceContext } from '../source.ts';
import { takeAll, takeEnd } from '../take-all.ts';
import { fingerprint, identityOf } from './fingerprint.ts';
import { lineReaderOptions } from './line-reader-options.ts';

const GZIP = [0x1f, 0x8b];

/**
 * Reads a file once, from beginning to end; gzip is inflated, positions are then those of the inflated text.
 * A damaged gzip file gives the lines up to the damage.
 */
export async function readWhole(
  path: string,
  maxRecord: number,
  area: ReceiveArea,
  context: SourceContext,
  signal: AbortSignal,
): Promise<void> {
  const handle = await open(path, 'r');
  try {
    const stream = context.open({
      label: `file ${path}`,
      identity: identityOf(await fingerprint(handle), 0),
      positions: 'offset',
      base: 0,
    });
    try {
      const reader = new FrameReader(stream, lineReaderOptions(path, maxRecord, context));
      let broken = false;
      try {
        for await (const chunk of chunksOf(handle, area)) {
          context.metrics.receivedBytes(chunk.length);
          const inArea = chunk.buffer === area.area.buffer;
          await takeAll(reader, stream, chunk, inArea ? area.headroom : 0, signal);
        }
      } catch (error) {
        if (!isZlibError(error)) throw error;
        broken = true;
        context.error('SLUICE_FILE_CORRUPT', `${path}: ${error.message}`);
      }
      await takeEnd(reader, stream, broken, signal);
    } finally {
      stream.close();
    }
  } finally {
    await handle.close();
  }
}

export async function isGzip(handle: FileHandle): Promise<boolean> {
  const magic = Buffer.alloc(2);
  await handle.read(magic, 0, 2, 0);
  return GZIP.every((byte, at) => magic[at] === byte);
}

async function* chunksOf(handle: FileHandle, area: ReceiveArea): AsyncGenerator<Buffer> {
  if (await isGzip(handle)) {
    const compressed = handle.createReadStream({ start: 0, autoClose: false });
    const text = createGunzip({ chunkSize: 64 * 1024 });
    compressed.on('error', (error) => text.destroy(error));
    for await (const chunk of compressed.pipe(text)) yield chunk as Buffer;
    return;
  }
  for (let at = 0; ; ) {
    const { bytesRead } = await handle.read(area.area, 0, area.area.length, at);
    if (bytesRead === 0) return;
    yield area.area.subarray(0, bytesRead);
    at += bytesRead;
  }
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}
