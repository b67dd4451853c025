import { duration, size } from '../config/units.ts';

const KiB = 2 ** 10;
const MiB = 2 ** 20;

/** Keys of every source that cuts bytes into records. */
export const recordOptions = {
  max_event: size({ min: 8 * KiB, max: 10 * MiB })
    .prefault('1MiB')
    .describe('Longest record; a longer one is truncated, flagged and counted.'),
  linger: duration({ min: 1, max: 10_000 })
    .prefault('50ms')
    .describe('Longest time that a record waits for others before its batch leaves.'),
};
