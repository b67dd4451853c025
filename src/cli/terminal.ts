import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';
import { type Paint, PLAIN } from '../config/diagnostic.ts';

/** What a verb may touch of its process; tests bring their own. */
export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when the process is asked to stop; from the call on, signals no longer end it by themselves. */
  stopSignal(): AbortSignal;
}

type Style = Parameters<typeof styleText>[0];

/** The decision is paintFor's: Node would look at standard output, whatever is written to. */
const style =
  (format: Style) =>
  (text: string): string =>
    styleText(format, text, { validateStream: false });

const COLOURS: Paint = {
  bold: style('bold'),
  red: style('red'),
  yellow: style('yellow'),
  cyan: style('cyan'),
  dim: style('dim'),
};

/** Colours on a terminal only; FORCE_COLOR and NO_COLOR (no-color.org) decide otherwise, in this order. */
export function paintFor(stream: { readonly isTTY?: boolean }, env: Terminal['env']): Paint {
  const force = env['FORCE_COLOR'];
  if (force !== undefined) return force === '0' || force === 'false' ? PLAIN : COLOURS;
  if ((env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb') return PLAIN;
  return stream.isTTY === true ? COLOURS : PLAIN;
}

/** Writes and, where the reader is slow, waits for it. */
export async function write(stream: Writable, chunk: string | Uint8Array): Promise<void> {
  if (!stream.write(chunk)) await once(stream, 'drain');
}

/** @returns text in columns, the last one ragged */
export function table(rows: readonly (readonly string[])[], indent = ''): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [k, cell] of row.entries()) widths[k] = Math.max(widths[k] ?? 0, cell.length);
  }
  return rows
    .map(
      (row) =>
        indent +
        row
          .map((cell, k) => cell.padEnd(widths[k] ?? 0))
          .join('  ')
          .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}
