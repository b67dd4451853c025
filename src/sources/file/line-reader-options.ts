import type { FrameReaderOptions } from '../frame-reader.ts';
import type { SourceContext } from '../source.ts';

/** How a file's bytes are cut into lines, and who is told when that goes wrong. */
export function lineReaderOptions(
  path: string,
  maxRecord: number,
  context: SourceContext,
): FrameReaderOptions {
  return {
    mode: 'lf',
    maxRecord,
    truncated: () => {
      context.error('SLUICE_EVENT_TOO_LONG', `${path}: line truncated at ${maxRecord} bytes`);
    },
    incomplete: () => {
      context.error('SLUICE_FRAME_INCOMPLETE', `${path}: ends within a line`);
    },
  };
}
