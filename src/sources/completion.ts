/** A promise that its owner settles: the first call counts. */
export class Completion {
  readonly promise: Promise<void>;
  #resolve: () => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever asks for it sees the rejection; without a listener it must not end the process.
    this.promise.catch(() => undefined);
  }

  resolve(): void {
    this.#resolve();
  }

  reject(reason: unknown): void {
    this.#reject(reason);
  }
}
