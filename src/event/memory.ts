/**
 * The worker's block of memory, seen through the views that the event core needs.
 * Addresses are byte offsets into it. It never grows: growing would detach the views.
 */
export interface CoreMemory {
  readonly buffer: SharedArrayBuffer | ArrayBuffer;
  readonly u8: Uint8Array;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
  /** The same bytes as a Buffer, for latin1Slice, utf8Slice, indexOf and write. */
  readonly bytes: Buffer;
}

/** A byte offset into a CoreMemory. */
export type Address = number;

export interface Region {
  readonly start: Address;
  /** First address behind the region. */
  readonly end: Address;
}

/** SIMD copies may read and write this many bytes past the end of a span: every region ends with as much slack. */
export const SLACK = 64;

export function viewMemory(buffer: SharedArrayBuffer | ArrayBuffer): CoreMemory {
  return {
    buffer,
    u8: new Uint8Array(buffer),
    u32: new Uint32Array(buffer),
    f64: new Float64Array(buffer),
    bytes: Buffer.from(buffer as ArrayBuffer),
  };
}
