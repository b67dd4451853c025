import type { EventCore } from './core.ts';
import type { CoreMemory } from './memory.ts';
import { begin } from './reference/begin.ts';
import { encode } from './reference/encode.ts';
import { frames } from './reference/frames.ts';
import { ids } from './reference/ids.ts';
import { json } from './reference/json.ts';
import { syslog5424 } from './reference/syslog5424.ts';

/** The core in plain TypeScript: the executable specification, and what `core: ts` runs. */
export function referenceCore(memory: CoreMemory): EventCore {
  const result = new Uint32Array(8);
  return {
    name: 'ts',
    memory,
    result,
    move: (to, from, length) => {
      memory.u8.copyWithin(to, from, from + length);
    },
    frames: (...args) => frames(memory, result, ...args),
    begin: (...args) => begin(memory, result, ...args),
    syslog5424: (...args) => syslog5424(memory, result, ...args),
    json: (...args) => json(memory, result, ...args),
    ids: (...args) => ids(memory, result, ...args),
    encode: (...args) => encode(memory, result, ...args),
  };
}
