import { EventEmitter, once } from 'node:events';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import t from 'tap';
import { allocateMemory } from '../../src/event/memory.ts';
import { INDEX_ENTRY_BYTES, planRegions, WORKER_MEMORY_BYTES } from '../../src/event/regions.ts';
import { loadCoreModule } from '../../src/workers/core-module.ts';
import {
  DONE,
  DONE_WORDS,
  DRAIN,
  type FromWorker,
  OUTPUT_WORDS,
  PAYLOAD_WORDS,
  PIPELINE_WORDS,
  RELEASE,
  RUN,
  type WorkerTask,
} from '../../src/workers/protocol.ts';
import stage from '../../src/workers/stage.ts';

const LIMIT = { signal: AbortSignal.timeout(15_000) };

/** Messages in order; a port without a listener would drop them. */
function inbox(port: MessagePort): () => Promise<FromWorker> {
  const messages: FromWorker[] = [];
  const arrival = new EventEmitter();
  port.on('message', (message: FromWorker) => {
    messages.push(message);
    arrival.emit('message');
  });
  return async () => {
    if (messages.length === 0) await once(arrival, 'message', LIMIT);
    return messages.shift() as FromWorker;
  };
}

t.test('peers that came later do not name the records of batches before them', async (t) => {
  const memory = allocateMemory(WORKER_MEMORY_BYTES);
  const { port1, port2 } = new MessageChannel();
  const task: WorkerTask = {
    port: port2,
    worker: 0,
    core: { kind: 'wasm', memory: memory.wasm as WebAssembly.Memory, module: loadCoreModule() },
    pages: 1,
    sources: ['in'],
    pipelines: [
      {
        name: 'main',
        from: ['in'],
        steps: [],
        outputs: [
          { name: 'out', sink: 'out', type: 'console', routes: [], options: { format: 'ndjson' } },
        ],
      },
    ],
  };
  const next = inbox(port1);
  const ended = stage(task);
  t.same(await next(), [1], 'ready');

  // More than a page of documents in each batch: the first one waits in the middle, with the second behind it.
  const { inputs } = planRegions();
  const fill = (slot: number): number[] => {
    const { bytes, index } = inputs[slot] as (typeof inputs)[0];
    const records = 1500;
    const length = 300;
    memory.u8.fill(0x01, bytes.start, bytes.start + records * length);
    for (let k = 0; k < records; k++) {
      memory.u32.set([k * length, length, 1, 0], (index.start + k * INDEX_ENTRY_BYTES) >>> 2);
    }
    return [RUN, slot, 0, slot, records * length, records, slot, 0, 0, 0, 0, 0, 1, 2, 3, 4];
  };
  const one = { address: '192.0.2.1', port: 0 };
  const two = { address: '192.0.2.2', port: 0 };
  port1.postMessage({ peers: [one], table: 0, from: 1 });
  port1.postMessage(fill(0));
  port1.postMessage({ peers: [two], table: 0, from: 1 });
  port1.postMessage(fill(1));

  const sources: string[][] = [[], []];
  for (let done = 0; done < 2; ) {
    const words = (await next()) as readonly number[];
    const releases: number[] = [];
    for (let at = 0; at < words.length; at += PAYLOAD_WORDS) {
      if (words[at] === DONE) {
        done++;
        at += DONE_WORDS + PIPELINE_WORDS + OUTPUT_WORDS - PAYLOAD_WORDS;
        continue;
      }

      const [ticket, , page, start, bytes] = words.slice(at + 1) as [
        number,
        number,
        number,
        number,
        number,
      ];
      const text = memory.bytes.toString('utf8', start, start + bytes);
      for (const [, address] of text.matchAll(/"source":\{"address":"([^"]*)"/g)) {
        (sources[ticket] as string[]).push(address as string);
      }
      releases.push(RELEASE, page);
    }
    if (releases.length > 0) port1.postMessage(releases);
  }
  t.same([...new Set(sources[0])], ['192.0.2.1']);
  t.same([...new Set(sources[1])], ['192.0.2.2']);
  t.same(
    sources.map((list) => list.length),
    [1500, 1500],
  );
  port1.postMessage([DRAIN]);
  await ended;
  port1.close();
});
