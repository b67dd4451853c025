import { cacheFolder } from './cache.ts';
import { prepareLoad } from './load/load.ts';
import { type Options, readOptions } from './options.ts';
import type { Contender } from './peers/contender.ts';
import { rsyslog } from './peers/rsyslog.ts';
import { sluice } from './peers/sluice.ts';
import { profileSluice } from './profile/profile.ts';
import { type Side, describe, summarize } from './report/report.ts';
import { type Course, type Measurement, runRound } from './round.ts';
import { buildTools } from './tools/build.ts';
import { startSink } from './tools/sink.ts';
import type { Verification } from './verify.ts';

async function findContenders(options: Options): Promise<Contender[]> {
  const contenders: Contender[] = [];
  if (options.only !== 'rsyslog') contenders.push(await sluice(options));
  if (options.only !== 'sluice') contenders.push(await rsyslog());
  return contenders;
}

function failOnProblems({ contender, problems }: Measurement): void {
  if (problems.length === 0) return;
  throw new Error(`wrong documents from ${contender}:\n  ${problems.join('\n  ')}`);
}

async function compare(contenders: Contender[], course: Course, options: Options): Promise<void> {
  const progress = (text: string): void => {
    if (!options.json) console.error(text);
  };
  const sides = contenders.map(({ name }) => ({ name, measurements: [] as Measurement[] }));
  const pass = async (verification: Verification, label: string): Promise<void> => {
    for (const [index, contender] of contenders.entries()) {
      const measurement = await runRound(contender, course, verification);
      failOnProblems(measurement);
      const rate = `${(measurement.eventsPerSecond / 1000).toFixed(0)} k events/s`;
      progress(`${label}: ${contender.name} ${verification === 'fields' ? 'correct' : rate}`);
      if (verification === 'numbers') sides[index]?.measurements.push(measurement);
    }
  };
  await pass('fields', 'verification');
  for (let round = 1; round <= options.rounds; round++) await pass('numbers', `round ${round}`);
  print(contenders, sides, course, options);
}

function print(
  contenders: readonly Contender[],
  [first, second]: readonly Side[],
  { load, connections }: Course,
  options: Options,
): void {
  if (first === undefined) return;
  if (!options.json) {
    const who = contenders.map(({ name, version }) => `${name} ${version}`).join(' and ');
    console.log(
      [
        `\n${who}: ${options.rounds} rounds of ${load.events} events, ${(load.bytes / load.events).toFixed(0)} bytes each, ${connections} connection(s)\n`,
        describe(first, second),
        '\nVerified before the rounds: every field of every document, index, ids. In each round: one well-formed document for each number.\n',
      ].join('\n'),
    );
  }
  const { rounds, events, workers } = options;
  const versions = Object.fromEntries(contenders.map(({ name, version }) => [name, version]));
  const setting = { rounds, events, connections, workers, versions, verified: true };
  console.log(JSON.stringify({ ...summarize(first, second), ...setting }));
}

async function main(): Promise<void> {
  const options = readOptions(process.argv);
  const cache = await cacheFolder();
  const tool = await buildTools(cache);
  const load = await prepareLoad(cache, options.events, new Date());
  const sink = await startSink(tool('counting-sink'));
  const { connections } = options;
  const warmUp = !options.cold;
  const course: Course = { load, connections, sink, sendProgram: tool('send'), warmUp };
  try {
    if (options.profile) await profileSluice(course, options);
    else await compare(await findContenders(options), course, options);
  } finally {
    await sink.stop();
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
