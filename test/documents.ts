import type { PipelinePlan, StepPlan } from '../src/pipeline/plan.ts';
import { SinglePipeline } from '../src/workers/single.ts';

/** A document with dotted paths: `{ 'event.id': … }`. */
export type FlatDocument = Readonly<Record<string, unknown>>;

/** Arrival of the records, unless a test says otherwise. */
export const ARRIVAL = Date.UTC(2026, 2, 14, 9, 26, 53);

/** `parse: syslog`, `parse: [system.auth, nginx.access]` */
export function parseStep(...names: string[]): StepPlan {
  const options: Record<string, unknown> = {
    syslog: { timezone: 'UTC' },
    json: { time_fields: ['@timestamp'] },
  };
  const parsers = names.map((name) => ({ name, options: options[name] ?? {} }));
  return { step: 'parse', options: { parsers } };
}

/** The steps of a pipeline with one output, on this thread: records in, the documents of its NDJSON out. */
export class Documents {
  readonly pipeline: SinglePipeline;

  constructor(steps: readonly StepPlan[], outputs: PipelinePlan['outputs'] = [NDJSON]) {
    this.pipeline = new SinglePipeline({ name: 'test', from: [], steps, outputs });
  }

  /** Documents of each output, in the order of the records. */
  all(records: readonly (string | Uint8Array)[], receivedAt = ARRIVAL): FlatDocument[][] {
    const documents = this.pipeline.compiled.outputs.map((): FlatDocument[] => []);
    const bytes = records.map((record) => Buffer.from(record as string));
    const ordinals = documents.map((): number[] => []);
    this.pipeline.run(bytes, {
      receivedAt,
      key: new Uint8Array(16),
      payload: (output, ndjson, trace) => {
        for (let k = 0, from = 0; k < trace.length; k += 2) {
          const end = trace[k + 1] as number;
          documents[output]?.push(
            flat(JSON.parse(strict(ndjson.subarray(from, end))) as FlatDocument),
          );
          ordinals[output]?.push(trace[k] as number);
          from = end;
        }
      },
    });
    return documents.map((list, output) => {
      const order = ordinals[output] as number[];
      return list
        .map((document, k) => ({ document, at: order[k] as number }))
        .sort((a, b) => a.at - b.at)
        .map(({ document }) => document);
    });
  }

  /** Documents of the first output. */
  of(records: readonly (string | Uint8Array)[], receivedAt = ARRIVAL): FlatDocument[] {
    return this.all(records, receivedAt)[0] as FlatDocument[];
  }

  one(record: string | Uint8Array, receivedAt = ARRIVAL): FlatDocument {
    return this.of([record], receivedAt)[0] as FlatDocument;
  }
}

const NDJSON = ndjsonOutput('out');
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** @throws TypeError for what is not UTF-8: no store would take it */
function strict(bytes: Uint8Array): string {
  // The decoder wants bytes that nobody shares.
  return UTF8.decode(Uint8Array.from(bytes));
}

export function ndjsonOutput(
  name: string,
  routes: readonly string[] = [],
): PipelinePlan['outputs'][number] {
  return { name, sink: name, type: 'console', routes, options: { format: 'ndjson' } };
}

export function flat(document: object, prefix = ''): FlatDocument {
  return Object.fromEntries(
    Object.entries(document).flatMap(([key, value]): [string, unknown][] =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(flat(value as object, `${prefix}${key}.`))
        : [[prefix + key, value]],
    ),
  );
}

/** The document without some of its fields. */
export function without(document: FlatDocument, ...paths: string[]): FlatDocument {
  return Object.fromEntries(Object.entries(document).filter(([path]) => !paths.includes(path)));
}
