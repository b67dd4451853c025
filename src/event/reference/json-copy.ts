import type { Address } from '../memory.ts';
import { hex4, isLowSurrogate } from './json-scan.ts';

/** `ufffd` as an escape. */
const REPLACEMENT_ESCAPE = Buffer.from('\\ufffd');

/**
 * Copies a validated JSON span: white space between tokens becomes SP, an escape that is half a surrogate pair
 * becomes \ufffd. The length stays.
 * @param inString the span is the inside of a string
 */
export function copyClean(
  u8: Uint8Array,
  from: Address,
  length: number,
  to: Address,
  inString: boolean,
): void {
  const end = from + length;
  let quoted = inString;
  let p = from;
  let o = to;
  while (p < end) {
    const byte = u8[p] as number;
    if (quoted && byte === 0x5c) {
      const bytes = escapeLength(u8, p, end);
      if (bytes === 0) u8.set(REPLACEMENT_ESCAPE, o);
      else u8.copyWithin(o, p, p + bytes);
      p += bytes || REPLACEMENT_ESCAPE.length;
      o += bytes || REPLACEMENT_ESCAPE.length;
      continue;
    }
    if (byte === 0x22) quoted = !quoted;
    u8[o++] = byte < 0x20 ? 0x20 : byte;
    p++;
  }
}

/** Bytes of the escape at `at` (12 for a pair), or 0 for half a pair. */
function escapeLength(u8: Uint8Array, at: Address, end: Address): number {
  if (u8[at + 1] !== 0x75) return 2;
  const unit = hex4(u8, at + 2, end);
  if (unit < 0xd800 || unit > 0xdfff) return 6;
  return unit < 0xdc00 && isLowSurrogate(u8, at + 6, end) ? 12 : 0;
}

/**
 * Writes the inside of a validated JSON string with canonical escapes (only where JSON needs one, as JSON.stringify
 * does), so that equal keys are equal bytes. Never longer than the source. Half a surrogate pair becomes U+FFFD.
 * @returns bytes written
 */
export function canonicalKey(u8: Uint8Array, from: Address, length: number, to: Address): number {
  const end = from + length;
  let p = from;
  let o = to;
  while (p < end) {
    const byte = u8[p] as number;
    if (byte !== 0x5c) {
      u8[o++] = byte;
      p++;
      continue;
    }
    const letter = u8[p + 1] as number;
    if (letter !== 0x75) {
      // \/ is the only short escape that canonical JSON writes plainly.
      if (letter !== 0x2f) u8[o++] = byte;
      u8[o++] = letter;
      p += 2;
      continue;
    }
    let code = hex4(u8, p + 2, end);
    p += 6;
    if (code >= 0xd800 && code <= 0xdfff) {
      if (code < 0xdc00 && isLowSurrogate(u8, p, end)) {
        code = 0x10000 + ((code - 0xd800) << 10) + hex4(u8, p + 2, end) - 0xdc00;
        p += 6;
      } else {
        code = 0xfffd;
      }
    }
    o = writeCodePoint(u8, o, code);
  }
  return o - to;
}

const SHORT_ESCAPES: Readonly<Record<number, number>> = {
  0x08: 0x62, // b
  0x09: 0x74, // t
  0x0a: 0x6e, // n
  0x0c: 0x66, // f
  0x0d: 0x72, // r
  0x22: 0x22, // "
  0x5c: 0x5c, // \
};
const HEX = Buffer.from('0123456789abcdef');

function writeCodePoint(u8: Uint8Array, at: Address, code: number): Address {
  let o = at;
  const letter = SHORT_ESCAPES[code];
  if (letter !== undefined) {
    u8[o++] = 0x5c;
    u8[o++] = letter;
  } else if (code < 0x20) {
    u8.set([0x5c, 0x75, 0x30, 0x30, 0x30 + (code >>> 4), HEX[code & 15] as number], o); // \u00xx
    o += 6;
  } else if (code < 0x80) {
    u8[o++] = code;
  } else {
    if (code < 0x800) u8[o++] = 0xc0 | (code >>> 6);
    else {
      if (code < 0x10000) u8[o++] = 0xe0 | (code >>> 12);
      else {
        u8[o++] = 0xf0 | (code >>> 18);
        u8[o++] = 0x80 | ((code >>> 12) & 0x3f);
      }
      u8[o++] = 0x80 | ((code >>> 6) & 0x3f);
    }
    u8[o++] = 0x80 | (code & 0x3f);
  }
  return o;
}
