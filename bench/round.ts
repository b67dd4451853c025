import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Load } from './load/load.ts';
import type { Contender, Daemon } from './peers/contender.ts';
import { readUsage, watchPeak } from './processes/usage.ts';
import { type Sending, startSending } from './tools/sender.ts';
import type { Sink, Totals } from './tools/sink.ts';
import { type Verification, findProblems } from './verify.ts';

const POLL_MS = 20;
const SETTLE_MS = 200; // late duplicates arrive, and work put off is counted
const STALLED_MS = 15_000;
const ROUND_MS = 180_000;

export interface Course {
  load: Load;
  connections: number;
  sink: Sink;
  sendProgram: string;
  /** The daemon takes the load once before it is measured: it is built to run for months, its compilers for seconds. */
  warmUp: boolean;
}

/** One contender, one pass over the load. */
export interface Measurement {
  contender: Contender['name'];
  /** From the first byte sent to the last document received. */
  seconds: number;
  eventsPerSecond: number;
  /** User and system time of the whole process. */
  cpuSecondsPerMillion: number;
  /** The kernel's part of it. */
  systemSecondsPerMillion: number;
  peakAnonymousBytes: number;
  peakBytes: number;
  documentBytes: number;
  requests: number;
  problems: string[];
}

/** Waits for the last document, or until nothing has come for 15 s. */
async function collect({ load, sink }: Course, daemon: Daemon): Promise<void> {
  const deadline = performance.now() + ROUND_MS;
  let progress = performance.now();
  let documents = 0;
  while (documents < load.events && daemon.alive()) {
    await delay(POLL_MS);
    const now = performance.now();
    const totals = await sink.totals();
    if (totals.documents > documents) progress = now;
    documents = totals.documents;
    if (now > deadline || now - progress > STALLED_MS) return;
  }
}

function measure(
  contender: Contender,
  load: Load,
  totals: Totals,
  startNs: bigint,
): Pick<Measurement, 'contender' | 'seconds' | 'eventsPerSecond' | 'documentBytes' | 'requests'> {
  const seconds = Number(BigInt(totals.lastDocumentNs) - startNs) / 1e9;
  return {
    contender: contender.name,
    seconds,
    eventsPerSecond: load.events / seconds,
    documentBytes: totals.bodyBytes / Math.max(1, totals.documents),
    requests: totals.requests,
  };
}

/** Starts the daemon afresh, warms it up, sends the load, waits for its documents, checks them. */
export async function runRound(
  contender: Contender,
  course: Course,
  verification: Verification,
): Promise<Measurement> {
  const { load, sink, sendProgram, connections } = course;
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-'));
  let daemon: Daemon | undefined;
  let sending: Sending | undefined;
  try {
    await sink.reset(verification);
    daemon = await contender.start({ folder, sinkPort: sink.port });
    const peak = watchPeak(daemon.pid);
    const signal = AbortSignal.timeout(ROUND_MS);
    if (course.warmUp) {
      sending = startSending(sendProgram, load.file, daemon.port, connections, signal);
      await Promise.all([sending.sent, collect(course, daemon)]);
      await delay(SETTLE_MS);
      await sending.child.stop();
      await sink.reset(verification);
    }
    const before = readUsage(daemon.pid);
    sending = startSending(sendProgram, load.file, daemon.port, connections, signal);
    const [sent] = await Promise.all([sending.sent, collect(course, daemon)]);
    await delay(SETTLE_MS);
    const totals = await sink.totals();
    const problems = findProblems(contender, load, totals, verification);
    if (!daemon.alive()) {
      throw new Error(`${contender.name} ended during the round: ${daemon.complaints()}`);
    }
    const after = readUsage(daemon.pid);
    await peak.stop();
    const perMillion = (seconds: number): number => (seconds / load.events) * 1e6;
    return {
      ...measure(contender, load, totals, sent.startNs),
      cpuSecondsPerMillion: perMillion(after.cpuSeconds - before.cpuSeconds),
      systemSecondsPerMillion: perMillion(after.systemSeconds - before.systemSeconds),
      peakAnonymousBytes: peak.anonymousBytes,
      peakBytes: after.peakBytes,
      problems,
    };
  } finally {
    await sending?.child.stop();
    await daemon?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
