import { UNPARSED } from '../event/row.ts';
import type { Rows } from '../event/rows.ts';
import { PARSERS } from '../parsers/registry.ts';
import type { PipelinePlan, StepPlan } from '../pipeline/plan.ts';
import { splitLines } from './lines.ts';
import { EXAMPLE_KEY, SinglePipeline } from './single.ts';

/** Records that go through the pipeline together. */
const RECORDS = 512;
const BATCH_BYTES = 4 * 1024 * 1024;
/** Longest line; what is longer is cut and said. */
const MAX_LINE = 1024 * 1024;

export interface ParseOptions {
  /** A parser's name: `nginx.access`, `syslog`. */
  readonly dataset: string;
  /** Options of a parser: the defaults of its spec, which this room does not import. */
  readonly optionsOf: (parser: string) => unknown;
  /** Epoch ms; the year of undated lines is sought around it. */
  readonly receivedAt: number;
  /** ECS documents as NDJSON, in the order of the lines. Awaited: a slow reader slows the parse down. */
  readonly write: (ndjson: Buffer) => Promise<void>;
  /** A line that the parser refused or that was cut, numbered from 1. A refused line is written too, with error.code. */
  readonly onError: (line: number, message: string) => void;
}

/**
 * `sluice parse`: lines through a parser into documents. Empty lines are passed over.
 * @returns how many lines there were and how many were refused
 * @throws RangeError for an unknown parser
 */
export async function parseRecords(
  input: AsyncIterable<Uint8Array>,
  options: ParseOptions,
): Promise<{ lines: number; refused: number }> {
  const pipeline = new SinglePipeline(planFor(options));
  let records: { line: number; bytes: Uint8Array }[] = [];
  let bytes = 0;
  let lines = 0;
  let refused = 0;
  const flush = async (): Promise<void> => {
    const documents = run(pipeline, records, options, (line, message) => {
      refused++;
      options.onError(line, message);
    });
    records = [];
    bytes = 0;
    for (const document of documents) await options.write(document);
  };
  for await (const line of splitLines(input, MAX_LINE)) {
    lines = line.number;
    if (line.cut)
      options.onError(line.number, `longer than ${MAX_LINE} bytes: the rest was cut off`);
    if (line.bytes.length === 0) continue;
    records.push({ line: line.number, bytes: line.bytes });
    bytes += line.bytes.length;
    if (records.length === RECORDS || bytes >= BATCH_BYTES) await flush();
  }
  await flush();
  return { lines, refused };
}

function run(
  pipeline: SinglePipeline,
  records: readonly { line: number; bytes: Uint8Array }[],
  { receivedAt }: ParseOptions,
  onError: (line: number, message: string) => void,
): Buffer[] {
  const documents: Buffer[] = [];
  const errors = new Map<number, string>();
  const { failed } = pipeline.run(
    records.map((record) => record.bytes),
    {
      receivedAt,
      key: EXAMPLE_KEY,
      inspect: (_stage, rows) => gatherErrors(pipeline, rows, errors),
      payload: (_output, bytes, trace) => {
        for (let k = 0, from = 0; k < trace.length; k += 2) {
          const end = trace[k + 1] as number;
          documents[trace[k] as number] = Buffer.from(bytes.subarray(from, end));
          from = end;
        }
      },
    },
  );
  for (const row of failed) errors.set(row.ordinal, `${row.code}: ${row.message}`);
  for (const [ordinal, message] of [...errors].sort(([a], [b]) => a - b)) {
    onError((records[ordinal] as { line: number }).line, message);
  }
  return documents.filter((document) => document !== undefined);
}

function gatherErrors(pipeline: SinglePipeline, rows: Rows, errors: Map<number, string>): void {
  for (let k = 0; k < rows.count; k++) {
    const row = rows.at(k);
    if (!rows.hasFlag(row, UNPARSED)) continue;
    const text = (path: string): string => rows.text(row, pipeline.column(path)) ?? '';
    errors.set(rows.ordinal(row), `${text('error.code')}: ${text('error.message')}`);
  }
}

function planFor({ dataset, optionsOf }: ParseOptions): PipelinePlan {
  const parser = PARSERS.get(dataset);
  if (parser === undefined) throw new RangeError(`unknown parser ${dataset}`);
  const names = parser.envelope === undefined ? [dataset] : [parser.envelope, dataset];
  const steps = names.map(
    (name): StepPlan => ({
      step: 'parse',
      options: { parsers: [{ name, options: optionsOf(name) }] },
    }),
  );
  const output = {
    name: 'out',
    sink: 'out',
    type: 'console',
    routes: [],
    options: { format: 'ndjson' },
  };
  return { name: 'parse', from: [], steps, outputs: [output] };
}
