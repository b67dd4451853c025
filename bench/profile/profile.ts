import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Options } from '../options.ts';
import { sluice } from '../peers/sluice.ts';
import { table } from '../report/table.ts';
import { type Course, runRound } from '../round.ts';
import { type SelfTime, readProfiles, selfTimes } from './cpuprofile.ts';
import { type Share, stageOf, sumBy } from './stages.ts';

const SAMPLING_US = 500;
const FUNCTIONS_SHOWN = 25;

const functionOf = ({ functionName, url }: SelfTime): string =>
  `${functionName.slice(0, 50) || '(anonymous)'} ${basename(url)}`.trim();

function rows(shares: readonly Share[], total: number, events: number): string[][] {
  return shares.map(({ name, microseconds }) => [
    name,
    `${((microseconds / total) * 100).toFixed(1)} %`,
    ((microseconds / events) * 1000).toFixed(0),
  ]);
}

/**
 * Runs sluice once with V8's sampling profiler on every thread and prints where the time went.
 * The profiler itself costs: take the shares, not the sum.
 */
export async function profileSluice(course: Course, options: Options): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-profile-'));
  try {
    const nodeArguments = [
      '--cpu-prof',
      `--cpu-prof-dir=${folder}`,
      `--cpu-prof-interval=${SAMPLING_US}`,
    ];
    const contender = await sluice({ ...options, nodeArguments });
    const { problems, cpuSecondsPerMillion, systemSecondsPerMillion } = await runRound(
      contender,
      course,
      'numbers',
    );
    if (problems.length > 0) throw new Error(`wrong documents:\n  ${problems.join('\n  ')}`);
    const profiles = await readProfiles(folder);
    const times = profiles.flatMap(selfTimes);
    const busy = times.filter((time) => stageOf(time) !== 'idle');
    const total = busy.reduce((sum, { microseconds }) => sum + microseconds, 0);
    const { events } = course.load;
    const stages = sumBy(busy, stageOf);
    if (!options.json) {
      const functions = sumBy(busy, functionOf).slice(0, FUNCTIONS_SHOWN);
      const kernel = `${((systemSecondsPerMillion / cpuSecondsPerMillion) * 100).toFixed(0)} %`;
      console.log(`\n${profiles.length} threads, ${events} events, idle time left out`);
      console.log(`${kernel} of the CPU time was spent in the kernel, inside the stages below\n`);
      console.log(table([['stage', 'share', 'ns/event'], ...rows(stages, total, events)]));
      console.log('');
      console.log(table([['function', 'share', 'ns/event'], ...rows(functions, total, events)]));
      console.log('');
    }
    const shares = Object.fromEntries(
      stages.map(({ name, microseconds }) => [name, Number((microseconds / total).toFixed(4))]),
    );
    console.log(JSON.stringify({ profile: shares, threads: profiles.length, events }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
