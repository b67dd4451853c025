import { parseDeltas, positionOf } from '../deltas.ts';
import type { Payload } from '../sink.ts';
import { counterKey, shards, shardOf } from './key.ts';

/** Increments that are applied together or not at all, because one or several payloads of a lane ask for them. */
interface Group {
  /** Positions of the first and the last payload. */
  readonly from: string;
  readonly to: string;
  readonly sums: Map<string, { sum: number; readonly pieces: number[] }>;
}

/** One call of the script. */
export interface Call {
  readonly shard: number;
  /** Counters, group after group. */
  readonly keys: readonly string[];
  /** For each group: from, to, number of counters, their increments. */
  readonly args: readonly (string | number)[];
  /** For each counter: the run's pieces that it is made of. */
  readonly pieces: readonly (readonly number[])[];
}

/** Calls that go out together, at most one for a shard. A step waits for the one before: a guard must not run ahead. */
export interface Step {
  /** Payloads [from, to) of the run. */
  readonly from: number;
  readonly to: number;
  readonly calls: readonly Call[];
}

/** Counters in a step; a script runs alone in the server, so it should be short. */
const stepSize = 4096;

/**
 * @param attempted position up to which the lane's payloads were sent before, perhaps in vain: they are guarded one by
 * one, since nobody knows which of them counted. The others can share a group, which saves most of the increments.
 */
export function planRun(payloads: readonly Payload[], prefix: string, attempted: string): Step[] {
  const steps: Step[] = [];
  let groups = emptyShards();
  let from = 0;
  let size = 0;
  let firstPiece = 0;
  for (const [index, payload] of payloads.entries()) {
    if (size > 0 && size + payload.rows > stepSize) {
      steps.push({ from, to: index, calls: callsOf(groups) });
      [groups, from, size] = [emptyShards(), index, 0];
    }
    const position = positionOf(payload);
    for (const [line, { key, count }] of parseDeltas(payload).entries()) {
      const name = prefix + key;
      const shard = shardOf(name);
      const group = groupOf(groups[shard] ?? [], position, attempted);
      const counter = group.sums.get(counterKey(name, shard));
      if (counter === undefined)
        group.sums.set(counterKey(name, shard), { sum: count, pieces: [firstPiece + line] });
      else {
        counter.sum += count;
        counter.pieces.push(firstPiece + line);
      }
    }
    size += payload.rows;
    firstPiece += payload.rows;
  }
  steps.push({ from, to: payloads.length, calls: callsOf(groups) });
  return steps;
}

interface OpenGroup extends Group {
  to: string;
}

const emptyShards = (): OpenGroup[][] => Array.from({ length: shards }, () => []);

function groupOf(groups: OpenGroup[], position: string, attempted: string): OpenGroup {
  const last = groups.at(-1);
  if (last !== undefined && (last.to === position || last.from > attempted)) {
    last.to = position;
    return last;
  }
  const group = { from: position, to: position, sums: new Map() };
  groups.push(group);
  return group;
}

function callsOf(groups: readonly (readonly Group[])[]): Call[] {
  return groups.flatMap((ofShard, shard) => {
    if (ofShard.length === 0) return [];
    const keys: string[] = [];
    const args: (string | number)[] = [];
    const pieces: number[][] = [];
    for (const { from, to, sums } of ofShard) {
      args.push(from, to, sums.size);
      for (const [key, counter] of sums) {
        keys.push(key);
        args.push(counter.sum);
        pieces.push(counter.pieces);
      }
    }
    return [{ shard, keys, args, pieces }];
  });
}
