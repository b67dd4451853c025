import { formatSize } from '../config/units.ts';
import type { Snapshot } from '../telemetry/snapshot.ts';
import { table } from './terminal.ts';

/** What flows where, at a glance: a line for the whole, one for each source and each output. */
export function statusLines(snapshot: Snapshot): string[] {
  const { state, uptime, limiting, memory, sources, slots } = snapshot;
  const head = [
    `up ${Math.floor(uptime)} s`,
    state,
    `limited by ${limiting}`,
    `${formatSize(roundToKiB(memory.used))} of ${formatSize(memory.limit)} in use`,
  ];
  const rows = [
    ...sources.map((source) => [
      'in',
      source.name,
      rate(source.rate),
      `${whole(source.received)} events`,
      source.connections > 0 ? `${source.connections} connected` : '',
    ]),
    ...slots.map((slot) => [
      'out',
      slot.name,
      rate(slot.rate),
      `${whole(slot.delivered)} delivered`,
      [
        ...(slot.queued > 0 ? [`${whole(slot.queued)} waiting`] : []),
        ...(slot.deadLettered > 0 ? [`${whole(slot.deadLettered)} dead letters`] : []),
        ...(slot.trouble === undefined ? [] : [slot.trouble]),
      ].join(', '),
    ]),
  ];
  return ['', head.join(' · '), ...table(rows, '  ').trimEnd().split('\n')];
}

function rate(perSecond: number): string {
  return `${whole(Math.round(perSecond))}/s`.padStart(10);
}

function whole(number: number): string {
  return number.toLocaleString('en-US');
}

function roundToKiB(bytes: number): number {
  const MiB = 2 ** 20;
  return bytes >= MiB ? Math.round(bytes / MiB) * MiB : Math.round(bytes / 1024) * 1024;
}
