// build-core.mjs OUT  compiles the event core (AssemblyScript) to OUT/event/core/core.wasm.
// The memory's size stands here and nowhere else: the host reads it back from the module's import.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';

const entry = 'src/event/core/assembly/index.ts';
/** 64 KiB pages of one worker's block: 64 MiB. Fixed, so that cells may hold plain addresses. */
const pages = '1024';

const out = process.argv[2];
if (out === undefined) {
  console.error('usage: build-core.mjs OUT');
  process.exit(64);
}
if (!existsSync(entry)) process.exit(0);

const folder = join(out, 'event', 'core');
mkdirSync(folder, { recursive: true });
const { error, stderr } = await asc.main([
  entry,
  ...['-o', join(folder, 'core.wasm')],
  '-O3',
  ...['--enable', 'simd', '--enable', 'bulk-memory', '--enable', 'threads'],
  ...['--runtime', 'stub', '--importMemory', '--sharedMemory'],
  ...['--initialMemory', pages, '--maximumMemory', pages],
]);
if (error) {
  console.error(stderr.toString());
  process.exit(1);
}
