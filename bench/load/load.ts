import { closeSync, openSync, writeFileSync } from 'node:fs';
import { readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FIELDS, type Field, fieldHash } from './digest.ts';
import { loadEvent } from './event.ts';
import { Random } from './random.ts';

const SEED = 20_231_107;
const LINES_PER_WRITE = 5000;
const FORMAT = 1; // counts up when the lines change, so that an old cache is not taken for a new one

/** What a load of `events` events must become at the sink. */
export interface Load {
  file: string;
  events: number;
  bytes: number;
  /** Sum over all events of each field's hash; see digest.ts. */
  sums: Record<Field, number>;
  /** UTC day of all events, yyyy-MM-dd. */
  day: string;
}

function generate(file: string, events: number, day: string): Load {
  const random = new Random(SEED);
  const sums = Object.fromEntries(FIELDS.map((field) => [field, 0])) as Record<Field, number>;
  const output = openSync(file, 'w');
  let time = Date.parse(`${day}T00:00:00Z`);
  let lines: string[] = [];
  let bytes = 0;
  try {
    for (let sequence = 0; sequence < events; sequence++) {
      time += random.below(3);
      const { line, fields } = loadEvent(random, sequence, time);
      for (const field of FIELDS) sums[field] += fieldHash(sequence, fields[field]);
      lines.push(line);
      if (lines.length < LINES_PER_WRITE && sequence < events - 1) continue;
      const text = `${lines.join('\n')}\n`;
      writeFileSync(output, text);
      bytes += text.length; // ASCII only
      lines = [];
    }
  } finally {
    closeSync(output);
  }
  return { file, events, bytes, sums, day };
}

/**
 * The load's file, generated once a day: time stamps start at today's midnight (UTC), so that they
 * stay inside the window in which an event's own day decides its index.
 */
export async function prepareLoad(cache: string, events: number, now: Date): Promise<Load> {
  const day = now.toISOString().slice(0, 10);
  const name = `load-${FORMAT}-${day}-${events}`;
  const description = join(cache, `${name}.json`);
  for (const file of await readdir(cache)) {
    if (file.startsWith('load-') && !file.startsWith(`load-${FORMAT}-${day}`))
      await rm(join(cache, file));
  }
  try {
    return JSON.parse(await readFile(description, 'utf8')) as Load;
  } catch {
    const unfinished = join(cache, `${name}.part`);
    const file = join(cache, `${name}.log`);
    const load = { ...generate(unfinished, events, day), file };
    await rename(unfinished, file);
    await writeFile(description, JSON.stringify(load)); // last: it says that the file is whole
    return load;
  }
}
