import { Deltas } from '../../event/aggregate.ts';
import type { Field, Layout } from '../../event/layout.ts';
import { NameCache } from '../../event/name-cache.ts';
import { NameColumn, Names, NameTagger, TAG_NAMES } from '../../event/names.ts';
import { NameList, ProgramBuilder } from '../../event/program.ts';
import { CHUNK_ROWS } from '../../event/regions.ts';
import { columnOf } from '../columns.ts';
import { DeltaEncoder } from '../delta-encoder.ts';
import type { EncoderContext, EncoderDefinition, OutputEncoder } from '../encoder.ts';
import { ProgramEncoder } from '../program-encoder.ts';
import { escapeKey, escapeMeasurement, escapeTagValue } from './escape.ts';
import type { InfluxdbOutput } from './spec.ts';

/**
 * With `fields` a point for each event, else deltas by series and time bucket; the writer makes points of them.
 * A series is `measurement,tag=value,…` with its tags sorted by key, as InfluxDB likes them.
 */
export const influxdb: EncoderDefinition<InfluxdbOutput> = {
  fields: ({ tags, fields = {} }): Field[] =>
    [...tags.map(({ field }) => field), ...Object.values(fields)].map((path) => ({
      path,
      type: 'any',
    })),
  compile: compileInfluxdb,
};

function compileInfluxdb(output: InfluxdbOutput, context: EncoderContext): OutputEncoder {
  const { core, literals, table } = context;
  const { memory } = core;
  const base = table.layouts[0] as Layout;
  const { measurement, fields, every } = output;
  const tags = output.tags.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const columns = tags.map(
    ({ field }) => new NameColumn(memory, literals, columnOf(base, field), TAG_NAMES),
  );
  const names = new Names(memory, base, {
    columns,
    step: fields === undefined ? Math.max(1, Math.round(every / 1000)) : 0,
    render: (numbers) => series(measurement, tags, columns, numbers),
  });
  const tagger = new NameTagger(base, literals, columns, context.output);
  if (fields === undefined) return new DeltaEncoder(memory, [new Deltas(names)], tagger);

  const list = new NameList(memory, literals, CHUNK_ROWS);
  const cache = new NameCache(memory, literals, names, list, (name) => `${name} `);
  const programs = table.layouts.map((layout) => {
    const program = new ProgramBuilder(literals, list.address).name();
    for (const [name, path] of Object.entries(fields))
      program.field(columnOf(layout, path), escapeKey(name));
    const time = columnOf(layout, '@timestamp');
    return program.stamp(time, layout.byPath.get('_index_date') ?? time).build();
  });
  return new ProgramEncoder(core, programs, { cache, tagger });
}

function series(
  measurement: string,
  tags: InfluxdbOutput['tags'],
  columns: readonly NameColumn[],
  numbers: readonly number[],
): string {
  let out = escapeMeasurement(measurement);
  tags.forEach(({ name }, k) => {
    const value = escapeTagValue((columns[k] as NameColumn).text(numbers[k] as number));
    if (value !== '') out += `,${escapeKey(name)}=${value}`;
  });
  return out;
}
