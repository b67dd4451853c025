import { FRAME_DONE } from '../event/framing.ts';
import type { CoreMemory } from '../event/memory.ts';
import { frames } from '../event/reference/frames.ts';
import { countLength } from './open-batch.ts';

export interface LargeFrame {
  /** Undefined: no whole record in the bytes. */
  readonly record: Uint8Array | undefined;
  readonly consumed: number;
  readonly empty: number;
  readonly state: number;
  readonly declared: number;
}

const index = new Uint32Array(4);
const result = new Uint32Array(8);

/**
 * Finds the first record by the core's rule, in the source's own bytes: for a record that is longer than a batch,
 * and for the end of a stream.
 */
export function frameOne(bytes: Uint8Array, mode: number, maxRecord: number): LargeFrame {
  const found = frames(view(bytes), result, 0, bytes.length, 0, mode, 0, 1, maxRecord);
  const state = result[2] as number;
  const declared = result[3] as number;
  const [offset = 0, length = 0] = index;
  return {
    record: found === 1 ? bytes.subarray(offset, offset + length) : undefined,
    consumed: (result[0] as number) - (state === FRAME_DONE ? 0 : countLength(declared)),
    empty: result[1] as number,
    state: found === 1 ? FRAME_DONE : state,
    declared,
  };
}

/** The reference routine reads bytes and writes its entries through views; these need not be one block. */
function view(bytes: Uint8Array): CoreMemory {
  return {
    buffer: index.buffer,
    u8: bytes,
    u32: index,
    f64: new Float64Array(0),
    bytes: Buffer.alloc(0),
  };
}
