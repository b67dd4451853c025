/** See ../../reference.ts. Within one memory this copies at full speed; V8's own copies into shared memory go word by word. */
export function move(to: usize, from: usize, length: u32): void {
  memory.copy(to, from, length);
}
