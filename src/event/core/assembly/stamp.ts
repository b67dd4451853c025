export function readTimestamp(at: usize, length: usize): bool {
  return false;
}
export function stampMs(): f64 {
  return 0;
}
export function stampNanos(): u32 {
  return 0;
}
export function stampDigits(): usize {
  return 3;
}
