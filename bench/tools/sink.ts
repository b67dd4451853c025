import { type Child, startChild } from '../processes/child.ts';
import type { Field } from '../load/digest.ts';

const START_MS = 5000;
const ANSWER_MS = 5000;

/** What has reached the sink since the last reset. */
export interface Totals {
  documents: number;
  distinct: number;
  duplicates: number;
  /** Documents without a number of the load. */
  unnumbered: number;
  malformed: number;
  requests: number;
  bodyBytes: number;
  /** CLOCK_MONOTONIC, a decimal string. */
  lastDocumentNs: string;
  ids: number;
  repeatedIds: number;
  /** Sums of hashes; zero unless fields are verified. */
  fields: Record<Field, number>;
  /** Documents by index; empty unless fields are verified. */
  indices: Record<string, number>;
}

export interface Sink {
  port: number;
  totals(): Promise<Totals>;
  reset(verify: 'numbers' | 'fields'): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the counting sink on a free port. */
export async function startSink(program: string): Promise<Sink> {
  const child: Child = startChild('counting-sink', program, ['0']);
  const port = Number(await child.firstLine(AbortSignal.timeout(START_MS)));
  const request = async (path: string, method: string): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return response.json();
  };
  return {
    port,
    totals: async () => (await request('/count', 'GET')) as Totals,
    reset: async (verify) => {
      await request(verify === 'fields' ? '/reset?verify=fields' : '/reset', 'POST');
    },
    stop: () => child.stop(),
  };
}
