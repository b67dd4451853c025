import t from 'tap';
import { createCore } from '../../src/event/create-core.ts';
import { allocateMemory, viewMemory } from '../../src/event/memory.ts';
import { planRegions, WORKER_MEMORY_BYTES } from '../../src/event/regions.ts';
import { loadCoreModule } from '../../src/workers/core-module.ts';

const module = loadCoreModule();
const memory = allocateMemory(WORKER_MEMORY_BYTES);

t.test("the module's own memory ends below the first region", (t) => {
  const { exports } = new WebAssembly.Instance(module, {
    env: { memory: memory.wasm, parseDouble: () => 0, formatDouble: () => 0 },
  });
  const scratchEnd = exports['scratchEnd'] as () => number;
  t.ok(scratchEnd() <= planRegions().literals.start);
  t.end();
});

t.test('what the WebAssembly core needs', (t) => {
  t.throws(() => createCore('wasm', memory), /needs its compiled module/);
  const plain = viewMemory(new SharedArrayBuffer(WORKER_MEMORY_BYTES));
  t.throws(() => createCore('wasm', plain, module), /needs allocateMemory/);
  t.throws(() => createCore('wasm', allocateMemory(65_536), module), /memory import/);
  t.equal(createCore('wasm', memory, module).name, 'wasm');
  t.equal(createCore('ts', plain).name, 'ts');
  t.end();
});

t.test('begin clears the rows and fills their headers', (t) => {
  for (const kind of ['ts', 'wasm'] as const) {
    const { u8, u32, f64 } = memory;
    const core = createCore(kind, memory, module);
    const { table, inputs, literals } = planRegions();
    const index = (inputs[0]?.index.start ?? 0) >>> 2;
    u8.fill(0xff, table.start, table.start + 1000);
    u32.set([10, 20, 1, 2, 30, 40, 0, 0xffff_0004], index);
    const peers = literals.start;
    u8.fill(0, peers, peers + 16);
    u32.set([123, 0x501], (peers + 16) >>> 2);
    f64[(peers + 24) >>> 3] = 7;
    const stride = 32 + 3 * 16;
    core.begin(table.start, stride, 2, 5000, index * 4, 70, 2, peers, 0x8000_0001);
    const row = [...u32.subarray(table.start >>> 2, (table.start >>> 2) + stride / 4)];
    t.same(row.slice(0, 8), [5010, 20, 70, 2, 0x8000_0001, 0, 0, 0]);
    t.same(row.slice(8, 18), [0, 0, 0, 0, 0, 0, 0, 0, 123, 0x501]);
    t.equal(f64[(table.start + 32 + 2 * 16 + 8) >>> 3], 7);
    const second = (table.start + stride) >>> 2;
    t.same([...u32.subarray(second, second + 8)], [5030, 40, 71, 4, 0x8000_0001, 0, 0, 0]);
    t.ok(u8.subarray(table.start + 40 + stride, table.start + 2 * stride).every((b) => b === 0));
    t.equal(u8[table.start + 2 * stride], 0xff, 'and nothing behind them');
    u8.fill(0xff, table.start, table.start + 1000);
    core.begin(table.start, stride, 1, 5000, index * 4, 70, 3, peers, 1);
    t.equal(u8[table.start + stride], 0xff, 'a column behind the row is none');
    core.begin(table.start, stride, 1, 5000, index * 4, 70, -1, peers, 1);
    t.ok(
      u8.subarray(table.start + 32, table.start + stride).every((b) => b === 0),
      'no peers',
    );
  }
  t.end();
});
