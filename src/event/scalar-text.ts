import { newTimestamp, parseTimestamp } from './time.ts';

/**
 * Which texts count as a number, an address, a truth value: the checks that keep a COPY or a line from being refused.
 * They see at most MAX_SCALAR_TEXT bytes, as latin1.
 */

/** A decimal number whose size no double and no store minds. */
export function isNumber(text: string): boolean {
  return text.length <= 32 && /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d{1,2})?$/.test(text);
}

/** A whole number of at most `bits` bits, 32 or 64. */
export function isInteger(text: string, bits: number): boolean {
  return /^-?(?:0|[1-9]\d{0,18})$/.test(text) && BigInt.asIntN(bits, BigInt(text)) === BigInt(text);
}

/** 32 hex digits, or 8-4-4-4-12. */
export function isUuid(text: string): boolean {
  return /^(?:[\da-f]{32}|[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/i.test(text);
}

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);

/** An IPv4 or IPv6 address (RFC 4291 section 2.2, no zone), with or without `/` and the prefix length. */
export function isAddress(text: string): boolean {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  const wide = address.includes(':');
  if (slash >= 0) {
    const prefix = text.slice(slash + 1);
    if (!/^(?:0|[1-9]\d{0,2})$/.test(prefix) || Number(prefix) > (wide ? 128 : 32)) return false;
  }
  return wide ? isIpv6(address) : IPV4.test(address);
}

function isIpv6(address: string): boolean {
  const halves = address.split('::');
  if (halves.length > 2) return false;
  let groups = 0;
  for (let h = 0; h < halves.length; h++) {
    const half = halves[h] as string;
    if (half === '') {
      if (halves.length === 1) return false;
      continue;
    }
    const parts = half.split(':');
    for (let k = 0; k < parts.length; k++) {
      const part = parts[k] as string;
      const last = h === halves.length - 1 && k === parts.length - 1;
      if (last && IPV4.test(part)) groups += 2;
      else if (/^[\da-f]{1,4}$/i.test(part)) groups++;
      else return false;
    }
  }
  return halves.length === 2 ? groups <= 7 : groups === 8;
}

const stamp = newTimestamp();

/** A whole time stamp with its zone, or undefined. The answer is valid until the next call. */
export function readTimestamp(u8: Uint8Array, at: number, end: number): typeof stamp | undefined {
  return parseTimestamp(u8, at, end, stamp) === end && !stamp.local ? stamp : undefined;
}

/**
 * Whether every number in validated JSON fits PostgreSQL's numeric: at most 4,000 characters and four digits of exponent.
 * (It takes 131,072 digits before the point and 16,383 behind it.)
 */
export function jsonNumbersFit(u8: Uint8Array, address: number, end: number): boolean {
  let p = address;
  while (p < end) {
    const byte = u8[p] as number;
    if (byte === 0x22) {
      p++;
      while (p < end && u8[p] !== 0x22) p += u8[p] === 0x5c ? 2 : 1;
      p++;
    } else if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) {
      const start = p;
      let exponent = end;
      while (p < end && isNumberByte(u8[p] as number)) {
        if (((u8[p] as number) | 0x20) === 0x65) exponent = p; // e
        p++;
      }
      if (p - start > 4000 || p - exponent > 6) return false;
    } else {
      p++;
    }
  }
  return true;
}

function isNumberByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e ||
    (byte | 0x20) === 0x65
  );
}
