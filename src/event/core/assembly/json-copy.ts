import { hex4, isLowSurrogate } from './json-scan';
import { writeEscape } from './structured-data';

/** Copies of JSON spans, as ../../reference/json-copy.ts makes them. Rare: written for being right. */

const BACKSLASH: u32 = 0x5c;

export function copyClean(from: usize, length: usize, to: usize, inString: bool): void {
  const end = from + length;
  let quoted = inString;
  let p = from;
  let o = to;
  while (p < end) {
    const byte: u32 = load<u8>(p);
    if (quoted && byte == BACKSLASH) {
      const bytes = escapeLength(p, end);
      if (bytes == 0) {
        store<u32>(o, 0x6666755c); // \uff
        store<u16>(o, 0x6466, 4); // fd
        p += 6;
        o += 6;
      } else {
        memory.copy(o, p, bytes);
        p += bytes;
        o += bytes;
      }
      continue;
    }
    if (byte == 0x22) quoted = !quoted;
    store<u8>(o++, <u8>(byte < 0x20 ? 0x20 : byte));
    p++;
  }
}

/** Bytes of the escape at `at` (12 for a pair), or 0 for half a pair. */
function escapeLength(at: usize, end: usize): usize {
  if (load<u8>(at, 1) != 0x75) return 2;
  const unit = hex4(at + 2, end);
  if (unit < 0xd800 || unit > 0xdfff) return 6;
  return unit < 0xdc00 && isLowSurrogate(at + 6, end) ? 12 : 0;
}

/** @returns bytes written */
export function canonicalKey(from: usize, length: usize, to: usize): usize {
  const end = from + length;
  let p = from;
  let o = to;
  while (p < end) {
    const byte: u32 = load<u8>(p);
    if (byte != BACKSLASH) {
      store<u8>(o++, <u8>byte);
      p++;
      continue;
    }
    const letter: u32 = load<u8>(p, 1);
    if (letter != 0x75) {
      if (letter != 0x2f) store<u8>(o++, <u8>byte);
      store<u8>(o++, <u8>letter);
      p += 2;
      continue;
    }
    let code = hex4(p + 2, end);
    p += 6;
    if (code >= 0xd800 && code <= 0xdfff) {
      if (code < 0xdc00 && isLowSurrogate(p, end)) {
        code = 0x10000 + ((code - 0xd800) << 10) + hex4(p + 2, end) - 0xdc00;
        p += 6;
      } else {
        code = 0xfffd;
      }
    }
    o = writeCodePoint(o, code);
  }
  return o - to;
}

function writeCodePoint(o: usize, code: u32): usize {
  if (code < 0x20 || code == 0x22 || code == BACKSLASH) return writeEscape(o, code);
  if (code < 0x80) {
    store<u8>(o, <u8>code);
    return o + 1;
  }
  if (code < 0x800) {
    store<u8>(o++, <u8>(0xc0 | (code >>> 6)));
  } else {
    if (code < 0x10000) {
      store<u8>(o++, <u8>(0xe0 | (code >>> 12)));
    } else {
      store<u8>(o++, <u8>(0xf0 | (code >>> 18)));
      store<u8>(o++, <u8>(0x80 | ((code >>> 12) & 0x3f)));
    }
    store<u8>(o++, <u8>(0x80 | ((code >>> 6) & 0x3f)));
  }
  store<u8>(o, <u8>(0x80 | (code & 0x3f)));
  return o + 1;
}
