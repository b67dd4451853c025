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
  /** The same block as the WebAssembly core imports it; absent where only the TypeScript core runs. */
  readonly wasm?: WebAssembly.Memory | undefined;
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

const WASM_PAGE_BYTES = 64 * 1024;

/** A shared block that both cores can work on. `total` must be what build-core.mjs gave the module: 64 MiB. */
export function allocateMemory(total: number): CoreMemory {
  const pages = total / WASM_PAGE_BYTES;
  return viewMemory(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }));
}

export function viewMemory(
  source: SharedArrayBuffer | ArrayBuffer | WebAssembly.Memory,
): CoreMemory {
  const wasm = source instanceof WebAssembly.Memory ? source : undefined;
  const buffer = source instanceof WebAssembly.Memory ? source.buffer : source;
  return {
    buffer,
    u8: new Uint8Array(buffer),
    u32: new Uint32Array(buffer),
    f64: new Float64Array(buffer),
    bytes: Buffer.from(buffer as ArrayBuffer),
    wasm,
  };
}
