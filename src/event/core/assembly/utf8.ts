/** One step of the WHATWG UTF-8 decoder; see ../../utf8.ts. */
export function utf8Step(at: usize, end: usize): i32 {
  const lead: u32 = load<u8>(at);
  if (lead < 0x80) return 1;
  const more: i32 = lead < 0xc2 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : 0;
  if (more == 0) return -1;
  let low: u32 = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  let high: u32 = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  for (let k = 1; k <= more; k++) {
    if (at + k >= end) return -k;
    const next: u32 = load<u8>(at + k);
    if (next < low || next > high) return -k;
    low = 0x80;
    high = 0xbf;
  }
  return more + 1;
}
