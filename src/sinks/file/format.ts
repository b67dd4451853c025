import type { FormattedOutput } from '../formats.ts';

export type Format = FormattedOutput['format'];

/** How a format's files are called, and where a record ends in them. */
export interface FileFormat {
  readonly extension: string;
  /** Length of the whole records at the start of the bytes: a crash may have torn the last one. */
  readonly wholeLength: (bytes: Buffer) => number;
}

const lines = (bytes: Buffer): number => bytes.lastIndexOf(0x0a) + 1;

/** Bulk requests: two lines for each event. */
function linePairs(bytes: Buffer): number {
  let whole = 0;
  for (let action = bytes.indexOf(0x0a); action >= 0; ) {
    const document = bytes.indexOf(0x0a, action + 1);
    if (document < 0) break;
    whole = document + 1;
    action = bytes.indexOf(0x0a, whole);
  }
  return whole;
}

/** Redis protocol: `*2 CR LF $3 CR LF GET CR LF $1 CR LF k CR LF`. */
function commands(bytes: Buffer): number {
  let whole = 0;
  for (;;) {
    const header = lineAt(bytes, whole);
    if (header === undefined || !header.text.startsWith('*')) return whole;
    let at = header.next;
    for (let word = Number(header.text.slice(1)); word > 0; word--) {
      const bulk = lineAt(bytes, at);
      if (bulk === undefined || !bulk.text.startsWith('$')) return whole;
      at = bulk.next + Number(bulk.text.slice(1)) + 2;
    }
    if (!(at <= bytes.length)) return whole;
    whole = at;
  }
}

function lineAt(bytes: Buffer, from: number): { text: string; next: number } | undefined {
  const end = bytes.indexOf('\r\n', from);
  return end < 0 ? undefined : { text: bytes.toString('latin1', from, end), next: end + 2 };
}

export const fileFormats: Readonly<Record<Format, FileFormat>> = {
  ndjson: { extension: 'ndjson', wholeLength: lines },
  elasticsearch: { extension: 'bulk', wholeLength: linePairs },
  postgres: { extension: 'copy', wholeLength: lines },
  influxdb: { extension: 'lp', wholeLength: lines },
  redis: { extension: 'resp', wholeLength: commands },
};
