import type { Column, Layout } from '../../event/layout.ts';
import { NameCache } from '../../event/name-cache.ts';
import { DEFAULT_NAME, INDEX_NAMES, NameColumn, Names, NameTagger } from '../../event/names.ts';
import { NameList, ProgramBuilder } from '../../event/program.ts';
import { CHUNK_ROWS } from '../../event/regions.ts';
import {
  parseTemplate,
  renderTemplate,
  templatePaths,
  templateStep,
} from '../../event/template.ts';
import { columnOf } from '../columns.ts';
import type { EncoderContext, EncoderDefinition, OutputEncoder } from '../encoder.ts';
import { ProgramEncoder } from '../program-encoder.ts';
import type { ElasticsearchOutput } from './spec.ts';

/** `_bulk` bodies: `{"create":{"_index":"…","_id":"…"}}` LF document LF, for each event. */
export const elasticsearch: EncoderDefinition<ElasticsearchOutput> = {
  fields: ({ index }) => templatePaths(index).map((path) => ({ path, type: 'any' })),
  compile: compileElasticsearch,
};

/** No index name starts with `_`, `-`, `+` or a dot. */
const FIRST_IN_INDEX = { ...INDEX_NAMES, allowed: /^[a-z0-9][a-z0-9_.]*$/ };

function compileElasticsearch(
  { index }: ElasticsearchOutput,
  { core, literals, table, output }: EncoderContext,
): OutputEncoder {
  const { memory } = core;
  const base = table.layouts[0] as Layout;
  const parts = parseTemplate(index);
  const columns = templatePaths(index).map(
    (path, k) =>
      new NameColumn(
        memory,
        literals,
        columnOf(base, path),
        k === 0 && parts[0]?.kind === 'path' ? FIRST_IN_INDEX : INDEX_NAMES,
      ),
  );
  const names = new Names(memory, base, {
    columns,
    step: templateStep(parts),
    render: (numbers, seconds) =>
      renderTemplate(
        parts,
        numbers.map((number, k) => (columns[k] as NameColumn).text(number) || DEFAULT_NAME),
        seconds,
      ),
  });
  const list = new NameList(memory, literals, CHUNK_ROWS);
  const cache = new NameCache(
    memory,
    literals,
    names,
    list,
    (name) => `{"create":{"_index":${JSON.stringify(name)},"_id":"`,
  );
  const id: Column = columnOf(base, 'event.id');
  const programs = table.layouts.map((layout) =>
    new ProgramBuilder(literals, list.address)
      .name()
      .inside(id)
      .text('"}}\n')
      .document(layout)
      .build(),
  );
  const tagger = new NameTagger(base, literals, columns, output);
  return new ProgramEncoder(core, programs, { cache, tagger });
}
