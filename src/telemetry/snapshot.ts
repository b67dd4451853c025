import type { HealthState, Problem } from './health.ts';

export interface SourceSnapshot {
  readonly name: string;
  readonly type: string;
  readonly received: number;
  readonly bytes: number;
  /** Events a second over the last interval. */
  readonly rate: number;
  readonly connections: number;
  readonly discarded: number;
  readonly truncated: number;
  /** Share of the last interval in which senders waited for room. */
  readonly blocked: number;
}

export interface PipelineSnapshot {
  readonly name: string;
  readonly received: number;
  readonly filtered: number;
  readonly unparsed: number;
  readonly failed: number;
  readonly rate: number;
}

export interface SlotSnapshot {
  /** `pipeline.output` */
  readonly name: string;
  readonly sink: string;
  readonly type: string;
  readonly connected: boolean;
  readonly received: number;
  readonly delivered: number;
  readonly queued: number;
  readonly deadLettered: number;
  readonly filtered: number;
  readonly notRouted: number;
  readonly dropped: number;
  readonly rate: number;
  readonly bytes: number;
  readonly inFlight: number;
  readonly trouble: string | undefined;
}

/** What `/status` answers and the live status shows: plain data. */
export interface Snapshot {
  readonly node: string;
  readonly state: HealthState;
  readonly problems: readonly Problem[];
  /** s since the start */
  readonly uptime: number;
  readonly limiting: string;
  readonly sources: readonly SourceSnapshot[];
  readonly workers: { readonly count: number; readonly busy: number; readonly restarts: number };
  readonly pipelines: readonly PipelineSnapshot[];
  readonly slots: readonly SlotSnapshot[];
  readonly memory: { readonly limit: number; readonly used: number };
  readonly admin: string | undefined;
}
