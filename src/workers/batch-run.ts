import type { ErrorCode } from '../errors/codes.ts';
import type { EventCore } from '../event/core.ts';
import type { LiteralArea } from '../event/literals.ts';
import type { Address } from '../event/memory.ts';
import { CHUNK_ROWS, INDEX_ENTRY_BYTES } from '../event/regions.ts';
import { DROPPED, FLAGS, OUTPUTS, UNPARSED } from '../event/row.ts';
import { type Rows, SideBufferFull } from '../event/rows.ts';
import type { CompiledOutput, CompiledPipeline, Stage } from '../pipeline/compile.ts';
import type { OutputEncoder, Room } from '../sinks/encoder.ts';
import type { Pages } from './pages.ts';
import type { FailedRow } from './protocol.ts';

/** A batch as it lies in the worker's memory. */
export interface BatchInput {
  readonly bytes: Address;
  readonly index: Address;
  readonly records: number;
  /** Epoch ms: the only "now". */
  readonly receivedAt: number;
  /** Name of its source. */
  readonly source: string;
  /** 16 bytes. */
  readonly key: Address;
  readonly baseLow: number;
  readonly baseHigh: number;
  readonly byOffset: boolean;
  /** Cells of 16 bytes; entry 0 is absent. */
  readonly peers: Address;
}

export interface OutputCounts {
  notRouted: number;
  skipped: number;
  coerced: number;
  failed: number;
}

export interface PipelineCounts {
  filtered: number;
  unparsed: number;
  failed: number;
  readonly outputs: OutputCounts[];
}

export interface Payload {
  readonly pipeline: number;
  /** Within the pipeline. */
  readonly output: number;
  readonly page: number;
  readonly room: Room;
  /** Records that it settles. */
  readonly events: number;
}

/** What a run tells while it goes on. */
export interface RunListener {
  payload(payload: Payload): void;
  failed(row: FailedRow): void;
}

/** Where the time went, ns. */
export interface StageTimes {
  parse: number;
  steps: number;
}

export interface RunContext {
  readonly core: EventCore;
  readonly pages: Pages;
  /** CHUNK_ROWS row addresses each. */
  readonly byLayout: Address;
  readonly selected: Address;
  /** Nanoseconds, monotonic; the entry gives it, because this code has no clock. */
  readonly now: () => number;
  /** `explain` looks at the rows after each stage. */
  readonly inspect?: (stage: Stage, rows: Rows) => void;
}

export function runContext(
  core: EventCore,
  literals: LiteralArea,
  pages: Pages,
  options: Pick<RunContext, 'now' | 'inspect'>,
): RunContext {
  const list = (): Address => literals.reserve(CHUNK_ROWS * 4);
  return { core, pages, byLayout: list(), selected: list(), ...options };
}

interface OpenRoom {
  readonly room: Room;
  readonly page: number;
}

interface Group {
  readonly layout: number;
  readonly list: Address;
  readonly count: number;
}

/**
 * Takes one batch through one pipeline, chunk by chunk: parse, steps, ids, then each output's encoder into pages.
 * A generator: it yields when it needs a page and all are held, and goes on when it is resumed after a release.
 */
export class BatchRun {
  readonly counts: PipelineCounts;
  readonly times: StageTimes = { parse: 0, steps: 0 };
  readonly #context: RunContext;
  readonly #pipeline: CompiledPipeline;
  readonly #number: number;
  readonly #batch: BatchInput;
  readonly #listener: RunListener;
  readonly #rows: Rows;
  /** With one output, a batch's chunks fill one payload: the last one stays open until something else is written. */
  #unsent: (OpenRoom & { readonly output: number }) | undefined;
  /** Records that an aggregating output has taken in and not yet told. */
  readonly #gathered: number[];

  constructor(
    context: RunContext,
    pipeline: CompiledPipeline,
    number: number,
    batch: BatchInput,
    listener: RunListener,
  ) {
    this.#context = context;
    this.#pipeline = pipeline;
    this.#number = number;
    this.#batch = batch;
    this.#listener = listener;
    this.#rows = pipeline.rows;
    this.#gathered = pipeline.outputs.map(() => 0);
    this.counts = {
      filtered: 0,
      unparsed: 0,
      failed: 0,
      outputs: pipeline.outputs.map(({ encoder: { tally } }) => ({
        notRouted: 0,
        skipped: -tally.skipped,
        coerced: -tally.coerced,
        failed: 0,
      })),
    };
  }

  *run(): Generator<void, void, void> {
    const { records } = this.#batch;
    for (const { encoder } of this.#pipeline.outputs) encoder.begin?.();
    const chunk = Math.min(CHUNK_ROWS, this.#rows.capacity);
    for (let from = 0; from < records; from += chunk) {
      yield* this.#chunk(from, Math.min(chunk, records - from));
    }
    this.#takeUnsent(-1);
    yield* this.#finishAggregates();
    this.#settleTallies();
  }

  /** Encoders count over their life; a batch tells its own share. */
  #settleTallies(): void {
    this.#pipeline.outputs.forEach(({ encoder }, k) => {
      const counts = this.counts.outputs[k] as OutputCounts;
      counts.skipped += encoder.tally.skipped;
      counts.coerced += encoder.tally.coerced;
    });
  }

  /** A chunk that does not fit the side buffer, or on which a step fails, is run again in halves: one bad row costs only itself. */
  *#chunk(from: number, count: number): Generator<void, void, void> {
    try {
      this.#prepare(from, count);
    } catch (error) {
      if (count > 1) {
        const half = count >>> 1;
        yield* this.#chunk(from, half);
        yield* this.#chunk(from + half, count - half);
      } else this.#failRecord(from, error);
      return;
    }
    const groups = this.#group();
    for (let k = 0; k < this.#pipeline.outputs.length; k++) yield* this.#encode(k, groups);
  }

  #prepare(from: number, count: number): void {
    const { core, now } = this.#context;
    const { outputMask, peerColumn, stages, finish, idColumn, outputs } = this.#pipeline;
    const batch = this.#batch;
    const rows = this.#rows;
    const started = now();
    rows.reset(count);
    rows.arrival = batch.receivedAt;
    rows.zone = this.#pipeline.zones.get(batch.source);
    core.begin(
      rows.table,
      rows.stride,
      count,
      batch.bytes,
      batch.index + from * INDEX_ENTRY_BYTES,
      from,
      peerColumn,
      batch.peers,
      outputMask,
    );
    let parsing = 0;
    for (const stage of stages) {
      const at = now();
      stage.apply(rows);
      if (stage.parses) parsing += now() - at;
      this.#context.inspect?.(stage, rows);
    }
    finish.apply(rows);
    rows.side = core.ids(
      rows.table,
      rows.stride,
      count,
      idColumn,
      batch.key,
      batch.baseLow,
      batch.baseHigh,
      batch.byOffset ? 1 : 0,
      batch.bytes,
      rows.side,
      rows.sideEnd,
    );
    if (rows.side === 0) throw new SideBufferFull();
    for (const { encoder } of outputs) encoder.prepare?.(rows);
    this.times.parse += parsing;
    this.times.steps += now() - started - parsing;
  }

  #failRecord(ordinal: number, error: unknown): void {
    const tooLarge = error instanceof SideBufferFull;
    const code: ErrorCode = tooLarge ? 'SLUICE_EVENT_TOO_LARGE' : 'SLUICE_STEP_FAILED';
    this.counts.failed++;
    this.#listener.failed({
      pipeline: this.#number,
      output: -1,
      ordinal,
      code,
      stage: 'steps',
      message: tooLarge ? 'the event does not fit the worker memory' : String(error),
    });
  }

  /** Live rows by layout, in #byLayout; counts what filters dropped and parsers refused. */
  #group(): Group[] {
    const { byLayout } = this.#context;
    const rows = this.#rows;
    const { u32 } = rows.memory;
    const layouts = this.#pipeline.shape.layouts.length;
    const sizes = new Uint32Array(layouts);
    for (let k = 0, row = rows.table; k < rows.count; k++, row += rows.stride) {
      const flags = u32[(row >>> 2) + FLAGS] as number;
      if ((flags & DROPPED) !== 0) this.counts.filtered++;
      else sizes[flags >>> 16] = (sizes[flags >>> 16] as number) + 1;
      if ((flags & UNPARSED) !== 0) this.counts.unparsed++;
    }
    const groups: Group[] = [];
    const next = new Uint32Array(layouts);
    let list = byLayout;
    for (let layout = 0; layout < layouts; layout++) {
      const count = sizes[layout] as number;
      if (count > 0) groups.push({ layout, list, count });
      next[layout] = list >>> 2;
      list += count * 4;
    }
    for (let k = 0, row = rows.table; k < rows.count; k++, row += rows.stride) {
      const flags = u32[(row >>> 2) + FLAGS] as number;
      if ((flags & DROPPED) !== 0) continue;
      const at = next[flags >>> 16] as number;
      u32[at] = row;
      next[flags >>> 16] = at + 1;
    }
    return groups;
  }

  *#encode(output: number, groups: readonly Group[]): Generator<void, void, void> {
    const { encoder } = this.#pipeline.outputs[output] as CompiledOutput;
    const counts = this.counts.outputs[output] as OutputCounts;
    let open = this.#takeUnsent(output);
    for (const group of groups) {
      const { list, count } = this.#select(group, output);
      counts.notRouted += group.count - count;
      if (encoder.finish !== undefined)
        this.#gathered[output] = (this.#gathered[output] as number) + count;
      const target = { layout: group.layout, list, count };
      let from = 0;
      while (from < count) {
        open ??= yield* this.#page();
        const { next, state } = encoder.encode(this.#rows, target, from, open.room);
        from = next;
        if (state === 'done') break;
        const wasEmpty = open.room.rows === 0 && open.room.used === 0;
        this.#send(output, open);
        open = undefined;
        this.#context.pages.leave();
        if (state === 'row-too-large' || wasEmpty) {
          yield* this.#encodeLarge(output, encoder, { ...target, list: list + from * 4, count: 1 });
          from++;
        }
      }
    }
    this.#unsent = open && { ...open, output };
  }

  /** The payload that the chunk before left open, if this output can go on with it; else it is sent. */
  #takeUnsent(output: number): OpenRoom | undefined {
    const unsent = this.#unsent;
    this.#unsent = undefined;
    if (unsent === undefined) return undefined;
    if (unsent.output === output && this.#context.pages.grows(unsent.page, unsent.room))
      return unsent;
    this.#send(unsent.output, unsent);
    return undefined;
  }

  /** A row that fits no page gets the large one, alone; a row that does not even fit that is a dead letter. */
  *#encodeLarge(output: number, encoder: OutputEncoder, group: Group): Generator<void, void, void> {
    let open = this.#context.pages.openLarge();
    while (open === undefined) {
      yield;
      open = this.#context.pages.openLarge();
    }
    const { state } = encoder.encode(this.#rows, group, 0, open.room);
    if (state === 'done') {
      this.#send(output, open);
      return;
    }
    (this.counts.outputs[output] as OutputCounts).failed++;
    const row = this.#rows.memory.u32[group.list >>> 2] as Address;
    this.#listener.failed({
      pipeline: this.#number,
      output,
      ordinal: this.#rows.ordinal(row),
      code: 'SLUICE_EVENT_TOO_LARGE',
      stage: 'encode',
      message: 'the encoded event does not fit the largest page',
    });
  }

  /** Entries of the group whose row goes to the output; the group's own list when all do. */
  #select(group: Group, output: number): { list: Address; count: number } {
    const { u32 } = this.#rows.memory;
    const { selected } = this.#context;
    const bit = (1 << output) >>> 0;
    const first = group.list >>> 2;
    let into = selected >>> 2;
    for (let k = first; k < first + group.count; k++) {
      const row = u32[k] as Address;
      if (((u32[(row >>> 2) + OUTPUTS] as number) & bit) !== 0) u32[into++] = row;
    }
    const count = into - (selected >>> 2);
    return count === group.count ? group : { list: selected, count };
  }

  *#page(): Generator<void, OpenRoom, void> {
    for (;;) {
      const open = this.#context.pages.open();
      if (open !== undefined) return open;
      yield;
    }
  }

  /** Aggregates leave at the batch's end; the last payload settles every record that went into them. */
  *#finishAggregates(): Generator<void, void, void> {
    for (let k = 0; k < this.#pipeline.outputs.length; k++) {
      const { encoder } = this.#pipeline.outputs[k] as CompiledOutput;
      if (encoder.finish === undefined || this.#gathered[k] === 0) continue;
      for (;;) {
        const open = yield* this.#page();
        const { state } = encoder.finish(open.room);
        const last = state === 'done';
        this.#hand(k, open, last ? (this.#gathered[k] as number) : 0);
        if (last) break;
        this.#context.pages.leave();
      }
    }
  }

  #send(output: number, open: OpenRoom): void {
    if (open.room.rows > 0) this.#hand(output, open, open.room.rows);
  }

  #hand(output: number, { room, page }: OpenRoom, events: number): void {
    this.#context.pages.hold(page, room);
    this.#listener.payload({ pipeline: this.#number, output, page, room, events });
  }
}
