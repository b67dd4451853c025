/**
 * One step of the WHATWG UTF-8 decoder (Encoding Standard, section 8.1.1).
 * @returns the length of the character at `at` (1 to 4), or minus the length of the maximal invalid part there,
 *   which as a whole becomes one U+FFFD
 */
export function utf8Step(u8: Uint8Array, at: number, end: number): number {
  const lead = u8[at] as number;
  if (lead < 0x80) return 1;
  const more = lead < 0xc2 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : 0;
  if (more === 0) return -1;
  // The second byte's range shuts out overlong forms, surrogates and code points above U+10FFFF.
  let low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  let high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  for (let k = 1; k <= more; k++) {
    if (at + k >= end) return -k;
    const next = u8[at + k] as number;
    if (next < low || next > high) return -k;
    low = 0x80;
    high = 0xbf;
  }
  return more + 1;
}
