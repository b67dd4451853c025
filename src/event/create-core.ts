import type { EventCore } from './core.ts';
import type { CoreMemory } from './memory.ts';
import { referenceCore } from './reference.ts';
import { wasmCore } from './wasm.ts';

/**
 * The event core over a block of memory.
 * @param module the compiled core.wasm; needed for `wasm`, which also needs memory from `allocateMemory`
 */
export function createCore(
  kind: EventCore['name'],
  memory: CoreMemory,
  module?: WebAssembly.Module,
): EventCore {
  if (kind === 'ts') return referenceCore(memory);
  if (module === undefined) throw new TypeError('the WebAssembly core needs its compiled module');
  return wasmCore(memory, module);
}
