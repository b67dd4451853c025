import type { SelfTime } from './cpuprofile.ts';

/** A map: functions called `constructor` exist. */
const V8_STATES = new Map([
  ['(idle)', 'idle'],
  ['(garbage collector)', 'garbage collection'],
  ['(program)', 'native code, system calls'],
]);

const NODE_STAGES: readonly (readonly [RegExp, string])[] = [
  [/^node:(_http|internal\/http)|node_modules\/undici|internal\/deps\/undici/, 'HTTP client'],
  [/^node:(net|internal\/(stream|net|js_stream))|^node:(stream|_stream)/, 'sockets and streams'],
  [/^node:(internal\/(worker|per_context\/messageport|event_target))/, 'messages between threads'],
  [
    /^node:(internal\/(timers|process|async_hooks)|timers|events|async_hooks)/,
    'timers, ticks, events',
  ],
];

/** The stage that a function's own time belongs to: a room of `dist/`, or a part of node. */
export function stageOf(time: Omit<SelfTime, 'microseconds'>): string {
  const { functionName, url, script } = time;
  const state = V8_STATES.get(functionName);
  if (state !== undefined) return state;
  if (functionName === 'postMessage') return 'messages between threads';
  // The core's functions have no names: who asked tells framing, parsing and encoding apart.
  if (url.startsWith('wasm:')) {
    return `event core (wasm) for ${stageOf({ functionName: '', url: script, script })}`;
  }
  for (const [pattern, stage] of NODE_STAGES) if (pattern.test(url)) return stage;
  const library = /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url);
  if (library) return `library ${library[1]}`;
  const room = /\/dist\/(.+)\.js$/.exec(url)?.[1]?.split('/');
  if (room) return room.slice(0, room[0] === 'sources' || room[0] === 'sinks' ? 2 : 1).join('/');
  return url.startsWith('node:') ? 'node, other' : 'other';
}

export interface Share {
  name: string;
  microseconds: number;
}

/** Sums times under names; the greatest first. */
export function sumBy(times: readonly SelfTime[], nameOf: (time: SelfTime) => string): Share[] {
  const sums = new Map<string, number>();
  for (const time of times) {
    const name = nameOf(time);
    sums.set(name, (sums.get(name) ?? 0) + time.microseconds);
  }
  return [...sums]
    .map(([name, microseconds]) => ({ name, microseconds }))
    .filter(({ microseconds }) => microseconds > 0)
    .sort((a, b) => b.microseconds - a.microseconds);
}
