/** Work that takes less than this, in ms, is too short to be told from noise, and short enough. */
const NOISE = 20;

/**
 * How much longer the work takes on eight times the input: 8 when it is linear, 64 when it is quadratic.
 * The best of three runs each, so that a busy machine does not matter.
 */
export function growth(size: number, work: (size: number) => void): number {
  const best = (of: number): number =>
    Math.min(
      ...[1, 2, 3].map(() => {
        const started = performance.now();
        work(of);
        return performance.now() - started;
      }),
    );
  const large = best(size * 8);
  return large < NOISE ? 8 : large / best(size);
}
