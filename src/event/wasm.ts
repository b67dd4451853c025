import type { EventCore } from './core.ts';
import type { CoreMemory } from './memory.ts';
import { formatNumber } from './text.ts';

/** What core/assembly/index.ts exports. Every address and count is an i32 there. */
type Exports = Pick<
  EventCore,
  'move' | 'frames' | 'begin' | 'syslog5424' | 'json' | 'ids' | 'encode'
> & {
  /** Address of the eight result words. */
  resultWords(): number;
};

/**
 * The core in AssemblyScript (core/assembly/), SIMD and all.
 * @throws TypeError when the memory was not made by `allocateMemory`, LinkError when its size is not what the module imports
 */
export function wasmCore(memory: CoreMemory, module: WebAssembly.Module): EventCore {
  if (memory.wasm === undefined) throw new TypeError('the WebAssembly core needs allocateMemory()');
  const instance = new WebAssembly.Instance(module, {
    env: {
      memory: memory.wasm,
      // Decimals, correctly rounded or shortest, take tables that V8 already has.
      parseDouble: (at: number, length: number): number =>
        Number(memory.bytes.toString('latin1', at, at + length)),
      formatDouble: (value: number, at: number): number =>
        memory.bytes.write(formatNumber(value), at, 'latin1'),
    },
  });
  const exports = instance.exports as unknown as Exports;
  const result = new Uint32Array(memory.buffer, exports.resultWords(), 8);
  return {
    name: 'wasm',
    memory,
    result,
    // i32 results: addresses stay below 2^31, so the sign never matters.
    move: exports.move,
    frames: exports.frames,
    begin: exports.begin,
    syslog5424: exports.syslog5424,
    json: exports.json,
    ids: exports.ids,
    encode: exports.encode,
  };
}
