import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const TICKS_PER_SECOND = 100; // USER_HZ: the unit of /proc on every Linux, whatever the kernel's own HZ
const SAMPLE_MS = 50;

/** What a daemon and its children have used. Threads are part of their process. */
export interface Usage {
  /** User and system time. */
  cpuSeconds: number;
  /** The part of it that the kernel spent on its behalf, most of it in sockets. */
  systemSeconds: number;
  anonymousBytes: number;
  peakBytes: number;
}

/** The process and all its descendants that live. */
function family(pid: number): number[] {
  const all = [pid];
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const children = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8');
    for (const child of children.split(' ')) if (child !== '') all.push(...family(Number(child)));
  }
  return all;
}

/** proc(5): `utime`, `stime` and those of children that were waited for, fields 14-17 of `stat`. */
function cpuSeconds(pid: number): { user: number; system: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const seconds = (field: number): number => Number(fields[field - 3]) / TICKS_PER_SECOND;
  return { user: seconds(14) + seconds(16), system: seconds(15) + seconds(17) };
}

function statusBytes(status: string, key: string): number {
  const line = new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status);
  return Number(line?.[1] ?? 0) * 1024;
}

/** Throws when the process is gone. */
export function readUsage(pid: number): Usage {
  const usage: Usage = { cpuSeconds: 0, systemSeconds: 0, anonymousBytes: 0, peakBytes: 0 };
  for (const member of family(pid)) {
    const status = readFileSync(`/proc/${member}/status`, 'utf8');
    const { user, system } = cpuSeconds(member);
    usage.cpuSeconds += user + system;
    usage.systemSeconds += system;
    usage.anonymousBytes += statusBytes(status, 'RssAnon');
    usage.peakBytes += statusBytes(status, 'VmHWM');
  }
  return usage;
}

export interface Peak {
  anonymousBytes: number;
  stop(): Promise<void>;
}

/** Samples anonymous memory every 50 ms: the kernel keeps a high-water mark only of the total. */
export function watchPeak(pid: number): Peak {
  const stopping = new AbortController();
  const peak: Peak = {
    anonymousBytes: 0,
    async stop() {
      stopping.abort();
      await sampling;
    },
  };
  async function sample(): Promise<void> {
    while (!stopping.signal.aborted) {
      peak.anonymousBytes = Math.max(peak.anonymousBytes, readUsage(pid).anonymousBytes);
      await delay(SAMPLE_MS);
    }
  }
  const sampling = sample();
  sampling.catch(() => {}); // a daemon that died is reported by whoever waits for its documents
  return peak;
}
