import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { CoreMemory } from '../event/memory.ts';
import { type InputSlot, type Regions, planRegions } from '../event/regions.ts';
import type { FlowBatch } from '../pipeline/flow-batch.ts';
import type { PeerTable } from '../pipeline/peers.ts';
import type { Topology } from '../pipeline/topology.ts';
import { type PageOwner, PagePayload } from './payload.ts';
import {
  DONE,
  DONE_WORDS,
  DRAIN,
  type FailedMessage,
  type FailedRow,
  type FromWorker,
  LARGE_SLOT,
  OUTPUT_WORDS,
  PAYLOAD,
  PAYLOAD_WORDS,
  PEER_TABLES,
  PIPELINE_WORDS,
  READY_WORDS,
  RELEASE,
  RUN,
  RUN_WORDS,
} from './protocol.ts';

/** What comes out of the workers. */
export interface FlowListener {
  payload(payload: PagePayload): void;
  failed(batch: FlowBatch, rows: readonly FailedRow[]): void;
  /** @param words a DONE notice at `at`: counters of each pipeline that reads the batch's source */
  done(batch: FlowBatch, words: readonly number[], at: number): void;
  /** A batch that waited for a worker was sent. */
  dispatched(): void;
  /** The batch ended its worker twice. What was handed out of it before is on its way to the stores. */
  crashed(batch: FlowBatch): void;
}

/** A long turn does not keep the worker waiting: four batches are sent at once. */
const FLUSH_WORDS = 4 * RUN_WORDS;

interface Dispatched {
  readonly batch: FlowBatch;
  readonly ticket: number;
  readonly slot: number;
}

interface SentPeers {
  readonly table: PeerTable;
  count: number;
}

/** What a worker has used of its time, ns. */
export interface WorkerTally {
  parse: number;
  steps: number;
  encode: number;
  waited: number;
  batches: number;
}

/**
 * The main thread's end of one worker thread, from its start to its death.
 *
 * A batch is answered when its DONE has come. When a worker dies, its unanswered batches run again, in order, on the next
 * one. Then it is decided by rows what a re-run may hand out:
 * - a payload that was told is whole, and its bytes stay valid: the dead worker's memory lives as long as payloads point to it;
 * - the same batch gives the same rows in the same order for each output, on any worker; only the cut into payloads may differ;
 * - so the rows of an output that were told before the death are counted, and the re-run's payloads leave out as many.
 * Batches that were under way when a worker died are suspects: they run again one at a time, so that a second death
 * has one culprit. It is not run a third time.
 */
export class Channel implements PageOwner {
  readonly #memory: CoreMemory;
  readonly #regions: Regions;
  readonly #port: MessagePort;
  readonly #topology: Topology;
  readonly #listener: FlowListener;
  readonly #tally: WorkerTally;
  readonly #freeInputs: number[];
  readonly #waiting: FlowBatch[] = [];
  readonly #running: Dispatched[] = [];
  readonly #sentPeers: (SentPeers | undefined)[] = new Array<undefined>(PEER_TABLES);
  /** Rows told of the batch in front, by output. */
  readonly #told: Uint32Array;
  /** Payloads handed out of it and records that they settle, by output. */
  readonly #parts: Uint32Array;
  readonly #events: Uint32Array;
  readonly #ready: () => void;
  /** Kept until their batches are done: a re-run would tell them again. Several wait while DONE notices gather. */
  readonly #failed: FailedMessage[] = [];
  #largeFree = true;
  #outgoing: number[] = [];
  #flushing = false;
  #ticket = 0;
  /** Payloads of each page that are not released, the large page last. */
  readonly #held: Uint16Array;
  #heldPages = 0;
  #dead = false;

  constructor(
    memory: CoreMemory,
    inputs: number,
    port: MessagePort,
    topology: Topology,
    listener: FlowListener,
    tally: WorkerTally,
    ready: () => void,
  ) {
    this.#memory = memory;
    this.#regions = planRegions();
    this.#port = port;
    this.#topology = topology;
    this.#listener = listener;
    this.#tally = tally;
    this.#ready = ready;
    this.#freeInputs = Array.from({ length: inputs }, (_, k) => inputs - 1 - k);
    this.#held = new Uint16Array(this.#regions.pages.length + 1);
    this.#told = new Uint32Array(topology.outputs.length);
    this.#parts = new Uint32Array(topology.outputs.length);
    this.#events = new Uint32Array(topology.outputs.length);
    port.on('message', (message: FromWorker) => this.#receive(message));
  }

  /** Pages that payloads point to. */
  get heldPages(): number {
    return this.#heldPages;
  }

  /** Batches that were not sent yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Batches that are not answered. */
  get outstanding(): number {
    return this.#running.length + this.#waiting.length;
  }

  submit(batch: FlowBatch): void {
    this.#waiting.push(batch);
    this.#pump();
  }

  /** Batches that came after the burial. */
  unsent(): FlowBatch[] {
    return this.#waiting.splice(0);
  }

  releasePage(page: number): void {
    const left = (this.#held[page] as number) - 1;
    this.#held[page] = left;
    if (left === 0) this.#heldPages--;
    if (this.#dead) return;
    this.#outgoing.push(RELEASE, page);
    this.#scheduleFlush();
  }

  /** Ends the worker's task once all was answered. */
  drain(): void {
    this.#outgoing.push(DRAIN);
    this.#scheduleFlush();
  }

  /**
   * The worker is dead: takes in what it still told, and gives up the rest.
   * @param started whether it ever was ready
   * @returns batches that were not answered, in order; `crashes` counts the deaths that each was under way in
   */
  bury(started = true): FlowBatch[] {
    this.#dead = true;
    let last = receiveMessageOnPort(this.#port);
    while (last !== undefined) {
      this.#receive(last.message as FromWorker);
      last = receiveMessageOnPort(this.#port);
    }
    this.#port.close();
    const [front] = this.#running;
    if (front !== undefined) this.#rememberTold(front.batch);
    // A worker that never was ready has touched none of them.
    if (started) for (const { batch } of this.#running) batch.crashes++;
    return [...this.#running.splice(0).map(({ batch }) => batch), ...this.#waiting.splice(0)];
  }

  #rememberTold(batch: FlowBatch): void {
    const before = batch.handedOut;
    batch.handedOut = Array.from(this.#told, (rows, output) => ({
      rows: Math.max(rows, before?.[output]?.rows ?? 0),
      parts: (before?.[output]?.parts ?? 0) + (this.#parts[output] as number),
      events: (before?.[output]?.events ?? 0) + (this.#events[output] as number),
    }));
  }

  #pump(): void {
    for (;;) {
      const [batch] = this.#waiting;
      if (batch === undefined || this.#dead) return;
      const last = this.#running.at(-1);
      if (last !== undefined && (batch.crashes > 0 || last.batch.crashes > 0)) return;
      const slot = batch.large ? this.#takeLarge() : this.#freeInputs.pop();
      if (slot === undefined) return;
      this.#waiting.shift();
      this.#dispatch(batch, slot);
      this.#listener.dispatched();
    }
  }

  #takeLarge(): number | undefined {
    if (!this.#largeFree) return undefined;
    this.#largeFree = false;
    return LARGE_SLOT;
  }

  #dispatch(batch: FlowBatch, slot: number): void {
    const { bytes, index } =
      slot === LARGE_SLOT ? this.#regions.largeInput : (this.#regions.inputs[slot] as InputSlot);
    this.#memory.u8.set(batch.bytes, bytes.start);
    this.#memory.u32.set(batch.index, index.start >>> 2);
    this.#sendPeers(batch);
    const { sequence, origin, receivedAt, records } = batch.header;
    const { base, positions, key } = origin;
    const ticket = this.#ticket++;
    this.#running.push({ batch, ticket, slot });
    const view = new DataView(key.buffer, key.byteOffset, 16);
    this.#outgoing.push(
      RUN,
      ticket,
      batch.source,
      slot,
      batch.bytes.length,
      records,
      sequence,
      receivedAt,
      base >>> 0,
      Math.floor(base / 2 ** 32),
      positions === 'offset' ? 1 : 0,
      batch.peerTableNumber,
      view.getUint32(0, true),
      view.getUint32(4, true),
      view.getUint32(8, true),
      view.getUint32(12, true),
    );
    this.#scheduleFlush();
  }

  #sendPeers({ peerTable, peerTableNumber }: FlowBatch): void {
    const { entries } = peerTable;
    if (entries.length === 0) return;
    const sent = this.#sentPeers[peerTableNumber];
    const known = sent?.table === peerTable ? sent.count : 0;
    if (known === entries.length) return;
    this.#sentPeers[peerTableNumber] = { table: peerTable, count: entries.length };
    // Batches that were sent before refer to the table as it was.
    this.#flush();
    this.#port.postMessage({
      peers: entries.slice(known),
      table: peerTableNumber,
      from: known + 1,
    });
  }

  /** Commands of one turn of the event loop travel in one message: waking the other thread is what costs. */
  #scheduleFlush(): void {
    if (this.#outgoing.length >= FLUSH_WORDS) return this.#flush();
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#outgoing.length === 0 || this.#dead) return;
    this.#port.postMessage(this.#outgoing);
    this.#outgoing = [];
  }

  #receive(message: FromWorker): void {
    if ('failed' in message) {
      this.#failed.push(message);
      return;
    }
    for (let at = 0; at < message.length; ) {
      switch (message[at]) {
        case PAYLOAD:
          this.#payload(message, at);
          at += PAYLOAD_WORDS;
          break;
        case DONE:
          at += this.#done(message, at);
          break;
        default:
          this.#ready();
          at += READY_WORDS;
      }
    }
    this.#pump();
  }

  #payload(words: readonly number[], at: number): void {
    const [front] = this.#running;
    if (front === undefined) throw new RangeError('a payload without a batch');
    const output = words[at + 2] as number;
    const rows = words[at + 7] as number;
    const told = this.#told[output] as number;
    this.#told[output] = told + rows;
    const handedOut = front.batch.handedOut?.[output];
    const before = (handedOut?.rows ?? 0) - told;
    const page = words[at + 3] as number;
    if (this.#held[page] === 0) this.#heldPages++;
    this.#held[page] = (this.#held[page] as number) + 1;
    if (before > 0 && before >= rows) {
      this.releasePage(page);
      return;
    }
    const part = (handedOut?.parts ?? 0) + (this.#parts[output] as number);
    this.#parts[output] = (this.#parts[output] as number) + 1;
    const skip = Math.max(0, before);
    const payload = new PagePayload(this, this.#memory, front.batch, words, at, part, skip);
    this.#events[output] = (this.#events[output] as number) + payload.events;
    this.#listener.payload(payload);
  }

  /** @returns words of the notice */
  #done(words: readonly number[], at: number): number {
    const front = this.#running.shift();
    if (front === undefined || front.ticket !== words[at + 1]) {
      throw new RangeError('a worker answered out of order');
    }
    const { batch, slot } = front;
    if (slot === LARGE_SLOT) this.#largeFree = true;
    else this.#freeInputs.push(slot);
    this.#told.fill(0);
    this.#parts.fill(0);
    this.#events.fill(0);
    const tally = this.#tally;
    tally.parse += words[at + 2] as number;
    tally.steps += words[at + 3] as number;
    tally.encode += words[at + 4] as number;
    tally.waited += words[at + 5] as number;
    tally.batches++;
    if (this.#failed[0]?.ticket === front.ticket) {
      this.#listener.failed(batch, this.#failed.shift()?.failed ?? []);
    }
    this.#listener.done(batch, words, at);
    let length = DONE_WORDS;
    for (const { outputs } of this.#topology.readers[batch.source] ?? []) {
      length += PIPELINE_WORDS + outputs.length * OUTPUT_WORDS;
    }
    return length;
  }
}
