import type { ErrorCode } from '../errors/codes.ts';

export type HealthState = 'starting' | 'ready' | 'degraded' | 'draining';

/** Something that keeps the daemon from doing its work. */
export interface Problem {
  /** `sink main.elasticsearch`, `workers`, `dead letters`. */
  readonly component: string;
  readonly code: ErrorCode;
  readonly reason: string;
}

/** What the daemon can say about itself at any moment. */
export class Health {
  readonly #problems: () => readonly Problem[];
  #phase: 'starting' | 'running' | 'draining' = 'starting';

  constructor(problems: () => readonly Problem[]) {
    this.#problems = problems;
  }

  started(): void {
    if (this.#phase === 'starting') this.#phase = 'running';
  }

  draining(): void {
    this.#phase = 'draining';
  }

  get problems(): readonly Problem[] {
    return this.#problems();
  }

  get state(): HealthState {
    if (this.#phase !== 'running') return this.#phase;
    return this.problems.length === 0 ? 'ready' : 'degraded';
  }

  get ready(): boolean {
    return this.state === 'ready';
  }
}
