import { readFileSync } from 'node:fs';

const FILE = new URL('../event/core/core.wasm', import.meta.url);

/**
 * Compiles the event core that the build put beside the compiled sources. Once in the main thread; workers get the module.
 * @throws Error when it was not built (`npm run build`)
 */
export function loadCoreModule(): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(FILE));
}
