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
import { plansOf } from '../pipeline/plan.ts';
import { ROUTE } from '../pipeline/standard-fields.ts';
import { SinglePipeline } from './single.ts';

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
export function explainRecord(
  config: Config,
  { source, record, receivedAt }: ExplainInput,
): Explanation {
  const plans = plansOf(config).filter((plan) => plan.from.includes(source));
  return {
    source,
    pipelines: plans.map((plan) => explainPipeline(new SinglePipeline(plan), record, receivedAt)),
  };
}

function explainPipeline(
  single: SinglePipeline,
  record: Uint8Array,
  receivedAt: number,
): ExplainedPipeline {
  const { compiled } = single;
  const stages: ExplainedStage[] = [];
  const bytes = new Map<number, Buffer[]>();
  let last:
    | { layout: string; outputs: number; dropped: boolean; route: string | undefined }
    | undefined;
  const { failed } = single.run([record], {
    receivedAt,
    key: new Uint8Array(16),
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
    payload: (output, payload) => {
      bytes.set(output, [...(bytes.get(output) ?? []), Buffer.from(payload)]);
    },
  });
  const outputs = compiled.plan.outputs.map(({ name, sink }, k): ExplainedOutput => {
    const parts = bytes.get(k);
    const failure = failed.find((row) => row.output === k || row.output === -1);
    const routed = last === undefined || (last.outputs & (1 << k)) !== 0;
    const reason =
      failure !== undefined
        ? `${failure.code}: ${failure.message}`
        : last?.dropped === true
          ? 'a filter removed the event'
          : routed
            ? 'the format has nothing to say about the event'
            : 'the event takes another route';
    return {
      name,
      sink,
      layout: last?.layout ?? 'base',
      bytes: parts === undefined ? undefined : Buffer.concat(parts),
      ...(parts === undefined && { reason }),
    };
  });
  return {
    name: compiled.plan.name,
    stages,
    outputs,
    ...(last?.route !== undefined && { route: last.route }),
  };
}

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
