import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { MAX_EVENTS } from './load/digest.ts';

const whole =
  (lowest: number, highest: number) =>
  (text: string): number => {
    const value = Number(text.replaceAll('_', ''));
    if (Number.isInteger(value) && value >= lowest && value <= highest) return value;
    throw new InvalidArgumentError(`a whole number from ${lowest} to ${highest}`);
  };

/** Reads the command line; prints help or what is wrong with it and exits. */
export function readOptions(argv: readonly string[]) {
  return new Command('bench')
    .description('sluice and rsyslog in turn, the same load, the same counting sink')
    .option('--rounds <n>', 'timed rounds of each', whole(1, 50), 5)
    .option('--events <n>', 'events in a round', whole(1000, MAX_EVENTS), 1_000_000)
    .option('--connections <n>', 'TCP connections of the sender', whole(1, 64), 1)
    .option('--workers <n>', "sluice's worker threads", whole(1, 64), 1)
    .addOption(
      new Option('--core <core>', "sluice's event core").choices(['wasm', 'ts']).default('wasm'),
    )
    .option('--cold', 'measure daemons that have just started')
    .addOption(new Option('--only <name>', 'one of them alone').choices(['sluice', 'rsyslog']))
    .option('--profile', 'one round of sluice under the profiler: the share of each stage')
    .option('--json', 'print the closing JSON object only')
    .addHelpText('after', '\nExample: npm run bench -- --rounds 3 --events 500000')
    .parse(argv)
    .opts();
}

export type Options = ReturnType<typeof readOptions>;
