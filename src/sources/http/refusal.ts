import { type ErrorCode, SluiceError } from '../../errors/codes.ts';

export interface RefusalExtras {
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the answer's JSON object. */
  readonly members?: Readonly<Record<string, unknown>>;
}

/** A request that is not acknowledged, and the answer that says why. */
export class Refusal extends SluiceError {
  readonly status: number;
  readonly extras: RefusalExtras;

  constructor(status: number, code: ErrorCode, detail: string, extras: RefusalExtras = {}) {
    super(code, detail);
    this.status = status;
    this.extras = extras;
  }
}
