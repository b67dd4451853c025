/** Length of the hostile texts, bytes: quadratic work on so many takes a minute even where a step is a byte of memchr. */
const SIZE = 1_000_000;
/** CPU time, ms: some hundred times what linear work needs, so that no busy machine reaches it. */
const LIMIT = 5_000;

/** Whether the work on a text of a million bytes is linear in it. */
export function isLinear(work: (size: number) => void): boolean {
  const started = process.cpuUsage();
  work(SIZE);
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000 < LIMIT;
}
