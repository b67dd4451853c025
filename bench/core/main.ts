import { parseArgs } from 'node:util';
import { type Spread, ratios, spread } from '../report/statistics.ts';
import { table } from '../report/table.ts';
import { assertAgreement } from './agree.ts';
import { type CoreKind, CorePath } from './core.ts';
import { type Job, jobs } from './jobs.ts';

const KINDS: readonly CoreKind[] = ['wasm', 'ts'];
const WARM_UP = 2; // rounds not counted: V8's compilers settle

const HELP = `Usage: npm run bench:core -- [--rounds N] [--events N] [--json]
Parse and encode alone, in one thread: the event core beside an object for each event.`;

interface Result {
  job: string;
  /** CPU ns per event of each round. */
  objects: number[];
  cores: Record<CoreKind, number[]>;
}

/** CPU time of the whole process, garbage collector included, in ns per event. */
function cost(events: number, pass: () => void): number {
  const before = process.cpuUsage();
  pass();
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / events;
}

function measureJob({ name, input, plan, objects }: Job, rounds: number): Result {
  const paths = KINDS.map((kind) => ({ kind, path: new CorePath(kind, plan) }));
  const type = plan.outputs[0]?.type ?? '';
  const expected = Buffer.concat(input.batches.map(objects));
  for (const { kind, path } of paths) {
    const pieces: Uint8Array[] = [];
    for (const batch of input.batches) path.run(batch, (payload) => pieces.push(payload.slice()));
    assertAgreement(`${name}, core ${kind}`, type, Buffer.concat(pieces), expected);
  }
  const result: Result = { job: name, objects: [], cores: { wasm: [], ts: [] } };
  for (let round = -WARM_UP; round < rounds; round++) {
    const byObjects = cost(input.events, () => {
      for (const batch of input.batches) objects(batch);
    });
    if (round >= 0) result.objects.push(byObjects);
    for (const { kind, path } of paths) {
      const byCore = cost(input.events, () => {
        for (const batch of input.batches) path.run(batch);
      });
      if (round >= 0) result.cores[kind].push(byCore);
    }
  }
  return result;
}

const times = ({ median, low, high }: Spread): string =>
  `${median.toFixed(1)} × (${low.toFixed(1)} … ${high.toFixed(1)})`;
const nanoseconds = (values: readonly number[]): string => spread(values).median.toFixed(0);

function main(): void {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '7' },
      events: { type: 'string', default: '40000' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const rounds = Number(values.rounds);
  const events = Number(values.events);
  const bounded =
    Number.isInteger(rounds) && rounds >= 1 && rounds <= 100 && events >= 1000 && events <= 500_000;
  if (values.help || !bounded) {
    console.log(`${HELP}\nRounds 1 to 100, events 1000 to 500000.`);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  const results = jobs(events).map((job) => measureJob(job, rounds));
  if (!values.json) {
    const rows = results.map(({ job, objects, cores }) => [
      job,
      times(ratios(objects, cores.wasm)),
      times(ratios(objects, cores.ts)),
      nanoseconds(cores.wasm),
      nanoseconds(cores.ts),
      nanoseconds(objects),
    ]);
    const header = ['', 'objects : wasm', 'objects : ts', 'wasm, ns/event', 'ts', 'objects'];
    console.log(`\n${table([header, ...rows])}\n`);
  }
  const summary = results.map(({ job, objects, cores }) => {
    const ratio = (kind: CoreKind): number =>
      Number(ratios(objects, cores[kind]).median.toPrecision(4));
    return [job, { objects_to_wasm: ratio('wasm'), objects_to_ts: ratio('ts') }] as const;
  });
  console.log(JSON.stringify({ ratios: Object.fromEntries(summary), rounds, events }));
}

try {
  main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
