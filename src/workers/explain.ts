import type {
  ExplainedOutput,
  ExplainedPipeline,
  ExplainedStage,
  Explanation,
  FieldValue,
  ValueKind,
} from '../cli/explanation.ts';
import type { Config } from '../config/schema.ts';
import {
  ABSENT,
  BOOL,
  CLEAN,
  FLOAT,
  INT,
  JSON_RAW,
  JSON_STRING,
  LIST,
  NULL,
  TEXT,
  TIME,
} from '../event/cell.ts';
import type { Layout } from '../event/layout.ts';
import type { Address } from '../event/memory.ts';
import { DROPPED, UNPARSED } from '../event/row.ts';
import type { Rows } from '../event/rows.ts';
import type { CompiledPipeline, Stage } from '../pipeline/compile.ts';
import { type OutputPlan, plansOf } from '../pipeline/plan.ts';
import { ROUTE } from '../pipeline/standard-fields.ts';
import type { FormattedOutput } from '../sinks/formats.ts';
import type { Payload, SinkWriter } from '../sinks/sink.ts';
import { printable } from '../sinks/writers.ts';
import type { FailedRow } from './protocol.ts';
import { EXAMPLE_KEY, SinglePipeline } from './single.ts';

export interface ExplainInput {
  /** Name of a source of the configuration. */
  readonly source: string;
  readonly record: Uint8Array;
  /** Epoch ms: what the record would have as arrival. */
  readonly receivedAt: number;
}

const KIND_NAMES: ReadonlyMap<number, ValueKind> = new Map([
  [CLEAN, 'text'],
  [TEXT, 'text'],
  [JSON_STRING, 'text'],
  [JSON_RAW, 'json'],
  [INT, 'integer'],
  [FLOAT, 'float'],
  [BOOL, 'boolean'],
  [TIME, 'time'],
  [LIST, 'list'],
  [NULL, 'null'],
]);

/** What every pipeline that reads the source does with the record: fields after each stage, and the bytes that each store would get. */
export async function explainRecord(config: Config, input: ExplainInput): Promise<Explanation> {
  const pipelines: ExplainedPipeline[] = [];
  for (const plan of plansOf(config)) {
    if (plan.from.includes(input.source)) {
      pipelines.push(await explainPipeline(config, new SinglePipeline(plan), input));
    }
  }
  return { source: input.source, pipelines };
}

interface LastRow {
  readonly layout: string;
  readonly outputs: number;
  readonly dropped: boolean;
  readonly route: string | undefined;
}

async function explainPipeline(
  config: Config,
  single: SinglePipeline,
  { source, record, receivedAt }: ExplainInput,
): Promise<ExplainedPipeline> {
  const { compiled } = single;
  const stages: ExplainedStage[] = [];
  const payloads = compiled.plan.outputs.map((): Payload[] => []);
  let last: LastRow | undefined;
  const { failed } = single.run([record], {
    receivedAt,
    source,
    key: EXAMPLE_KEY,
    inspect: (stage, rows) => {
      const row = rows.at(0);
      stages.push(explainStage(compiled, stage, rows, row, stages.at(-1)));
      last = {
        layout: layoutOf(compiled, rows, row).name,
        outputs: rows.outputs(row),
        dropped: rows.hasFlag(row, DROPPED),
        route: rows.text(row, single.column(ROUTE.path)),
      };
    },
    payload: (output, bytes, trace) => {
      const parts = payloads[output] as Payload[];
      const rows = trace.length / 2;
      const part = parts.length;
      const copy = { bytes: Buffer.from(bytes), trace: Uint32Array.from(trace) };
      parts.push({ batch: 0, part, lane: 0, receivedAt, rows, ...copy });
    },
  });
  const outputs: ExplainedOutput[] = [];
  for (const [k, plan] of compiled.plan.outputs.entries()) {
    const parts = payloads[k] as Payload[];
    const failure = failed.find((row) => row.output === k || row.output === -1);
    const place = { name: plan.name, sink: plan.sink, layout: last?.layout ?? 'base' };
    outputs.push(
      parts.length > 0
        ? { ...place, bytes: await asSent(config, compiled.plan.name, plan, parts) }
        : { ...place, bytes: undefined, reason: reasonOf(failure, last, k) },
    );
  }
  const route = last?.route;
  return { name: compiled.plan.name, stages, outputs, ...(route !== undefined && { route }) };
}

function reasonOf(
  failure: FailedRow | undefined,
  last: LastRow | undefined,
  output: number,
): string {
  if (failure !== undefined) return `${failure.code}: ${failure.message}`;
  if (last?.dropped === true) return 'a filter removed the event';
  const routed = last === undefined || (last.outputs & (1 << output)) !== 0;
  return routed ? 'the format has nothing to say about the event' : 'the event takes another route';
}

/** Counting outputs leave the worker as sums; what a store gets is made of them on the way. */
async function asSent(
  config: Config,
  pipeline: string,
  plan: OutputPlan,
  payloads: readonly Payload[],
): Promise<Buffer> {
  const sent: Buffer[] = [];
  const capture: SinkWriter = {
    connect: () => Promise.resolve(),
    close: () => Promise.resolve(),
    write: (run) => {
      sent.push(...run.map(({ bytes }) => Buffer.from(bytes)));
      return Promise.resolve(run.map(() => ({ kind: 'delivered' })));
    },
  };
  const prefix = config.sinks.find(({ name }) => name === plan.sink)?.options['key_prefix'];
  const writer = await printable(
    capture,
    { format: plan.type, ...(plan.options as object) } as FormattedOutput,
    { node: config.node.id, pipeline, output: plan.name, incarnation: 'explain', log: SILENT },
    typeof prefix === 'string' ? prefix : '',
  );
  const limit = AbortSignal.timeout(1000);
  await writer.write(payloads, limit);
  await writer.close(limit);
  return Buffer.concat(sent);
}

const SILENT = { info: () => {}, warn: () => {} };

function layoutOf(compiled: CompiledPipeline, rows: Rows, row: Address): Layout {
  return compiled.shape.layouts[rows.layout(row)] as Layout;
}

function explainStage(
  compiled: CompiledPipeline,
  stage: Stage,
  rows: Rows,
  row: Address,
  before: ExplainedStage | undefined,
): ExplainedStage {
  const fields: Record<string, FieldValue> = {};
  const layout = layoutOf(compiled, rows, row);
  for (const column of layout.columns) {
    const kind = rows.kind(row, column.index);
    if (kind === ABSENT || column.hidden) continue;
    const value =
      kind === LIST ? rows.texts(row, column.index) : (rows.text(row, column.index) ?? null);
    fields[column.path] = { value, kind: KIND_NAMES.get(kind) ?? 'text' };
  }
  for (const { path, json } of rows.residue(row, layout))
    fields[path] = { value: json, kind: 'json' };
  const changed = Object.entries(fields)
    .filter(([path, field]) => JSON.stringify(before?.fields[path]) !== JSON.stringify(field))
    .map(([path]) => path);
  const removed = Object.keys(before?.fields ?? {}).filter((path) => fields[path] === undefined);
  return {
    step: stage.name,
    ...(stage.at !== undefined && { at: stage.at }),
    fields,
    changed: [...changed, ...removed],
    ...(rows.hasFlag(row, DROPPED) && { dropped: true }),
    ...(rows.hasFlag(row, UNPARSED) && { error: textOf(fields['error.message']) }),
  };
}

function textOf(field: FieldValue | undefined): string {
  return typeof field?.value === 'string' ? field.value : '';
}
