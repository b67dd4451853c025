import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The part of a `.cpuprofile` (Chrome DevTools Protocol, Profiler.Profile) that is needed here. */
export interface CpuProfile {
  nodes: ProfileNode[];
  samples: number[];
  timeDeltas: number[]; // µs
}

export interface ProfileNode {
  id: number;
  callFrame: { functionName: string; url: string };
  children?: number[];
}

/** One file for each thread. */
export async function readProfiles(folder: string): Promise<CpuProfile[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.cpuprofile'));
  return Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as CpuProfile),
  );
}

/** A function's own time, without what it called. */
export interface SelfTime {
  functionName: string;
  /** The file, or for a builtin without one its caller's. */
  url: string;
  /** For WebAssembly the file that called into it; else the same as `url`. */
  script: string;
  microseconds: number;
}

export function selfTimes(profile: CpuProfile): SelfTime[] {
  const time = new Map<number, number>();
  profile.samples.forEach((id, index) => {
    time.set(id, (time.get(id) ?? 0) + (profile.timeDeltas[index] ?? 0));
  });
  const callers = new Map<number, { url: string; script: string }>();
  const times: SelfTime[] = [];
  // Parents stand before their children.
  for (const { id, callFrame, children = [] } of profile.nodes) {
    const caller = callers.get(id) ?? { url: '', script: '' };
    const url = callFrame.url === '' ? caller.url : callFrame.url;
    const script = url.startsWith('wasm:') ? caller.script : url;
    const { functionName } = callFrame;
    times.push({ functionName, url, script, microseconds: time.get(id) ?? 0 });
    for (const child of children) callers.set(child, { url, script });
  }
  return times;
}
