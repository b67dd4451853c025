import { ProgramBuilder } from '../event/program.ts';
import type { EncoderContext, OutputEncoder } from './encoder.ts';
import { ProgramEncoder } from './program-encoder.ts';

/** One JSON document a line. */
export function compileNdjson({ core, literals, table }: EncoderContext): OutputEncoder {
  return new ProgramEncoder(
    core,
    table.layouts.map((layout) => new ProgramBuilder(literals).document(layout).build()),
  );
}
