/** Eight words that routines answer in; see EventCore.result. */
export const RESULT: usize = memory.data(32, 16);

export function resultWords(): usize {
  return RESULT;
}

@inline
export function answer(word: usize, value: u32): void {
  store<u32>(RESULT + (word << 2), value);
}
