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
  microseconds: number;
}

export function selfTimes(profile: CpuProfile): SelfTime[] {
  const time = new Map<number, number>();
  profile.samples.forEach((id, index) => {
    time.set(id, (time.get(id) ?? 0) + (profile.timeDeltas[index] ?? 0));
  });
  const urls = new Map<number, string>();
  // Parents stand before their children.
  for (const { id, callFrame, children = [] } of profile.nodes) {
    const url = callFrame.url === '' ? (urls.get(id) ?? '') : callFrame.url;
    urls.set(id, url);
    for (const child of children) urls.set(child, url);
  }
  return profile.nodes.map(({ id, callFrame: { functionName } }) => ({
    functionName,
    url: urls.get(id) ?? '',
    microseconds: time.get(id) ?? 0,
  }));
}
