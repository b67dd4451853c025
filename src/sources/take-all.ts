import type { FrameReader } from './frame-reader.ts';
import type { Stream } from './source.ts';

/** For sources that can wait: hands a chunk over, waiting for room. @returns false: nothing behind it can be read */
export async function takeAll(
  reader: FrameReader,
  stream: Stream,
  chunk: Uint8Array,
  headroom: number,
  signal: AbortSignal,
): Promise<boolean> {
  let state = reader.push(chunk, headroom);
  while (state === 'full') {
    await stream.room(signal);
    state = reader.resume();
  }
  return state === 'more';
}

/** The same for the end of the bytes. */
export async function takeEnd(
  reader: FrameReader,
  stream: Stream,
  broken: boolean,
  signal: AbortSignal,
): Promise<void> {
  while (reader.end(broken) === 'full') await stream.room(signal);
}
