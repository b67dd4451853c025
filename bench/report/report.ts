import type { Measurement } from '../round.ts';
import { type Spread, ratios, spread } from './statistics.ts';
import { table } from './table.ts';

interface Quantity {
  key: string;
  label: string;
  of: (measurement: Measurement) => number;
  format: (value: number) => string;
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);

const QUANTITIES: readonly Quantity[] = [
  {
    key: 'events_per_second',
    label: 'events/s, thousands',
    of: (m) => m.eventsPerSecond,
    format: (value) => (value / 1000).toFixed(0),
  },
  {
    key: 'cpu_seconds_per_million',
    label: 'CPU-s per million events',
    of: (m) => m.cpuSecondsPerMillion,
    format: (value) => value.toFixed(2),
  },
  {
    key: 'system_seconds_per_million',
    label: 'of it in the kernel',
    of: (m) => m.systemSecondsPerMillion,
    format: (value) => value.toFixed(2),
  },
  {
    key: 'peak_anonymous_bytes',
    label: 'peak anonymous RSS, MB',
    of: (m) => m.peakAnonymousBytes,
    format: megabytes,
  },
  { key: 'peak_bytes', label: 'peak RSS, MB', of: (m) => m.peakBytes, format: megabytes },
];

export interface Side {
  name: string;
  measurements: readonly Measurement[];
}

const cells = (format: (value: number) => string, { median, low, high }: Spread): string[] => [
  format(median),
  `${format(low)} … ${format(high)}`,
];

const round = ({ median, low, high }: Spread): Spread => {
  const short = (value: number): number => Number(value.toPrecision(4));
  return { median: short(median), low: short(low), high: short(high) };
};

/** Ratios first: figures of one side move with the machine and its neighbours. */
export function describe(first: Side, second?: Side): string {
  const of = ({ of: pick }: Quantity, side: Side): number[] => side.measurements.map(pick);
  const absolute = QUANTITIES.map((quantity) => [
    quantity.label,
    ...cells(quantity.format, spread(of(quantity, first))),
    ...(second ? cells(quantity.format, spread(of(quantity, second))) : []),
  ]);
  const header = ['', first.name, 'lowest … highest'];
  if (!second) return table([header, ...absolute]);
  const relative = QUANTITIES.map((quantity) => [
    quantity.label.replace(/,.*/, ''),
    ...cells((value) => `${value.toFixed(2)} ×`, ratios(of(quantity, first), of(quantity, second))),
  ]);
  return [
    table([[`${first.name} : ${second.name}`, 'median', 'lowest … highest'], ...relative]),
    table([[...header, second.name, 'lowest … highest'].map(String), ...absolute]),
  ].join('\n\n');
}

/** The same for programs. */
export function summarize(first: Side, second?: Side): Record<string, unknown> {
  const entries = (values: (quantity: Quantity) => Spread): Record<string, Spread> =>
    Object.fromEntries(QUANTITIES.map((quantity) => [quantity.key, round(values(quantity))]));
  const absolute = (side: Side): Record<string, Spread> =>
    entries(({ of }) => spread(side.measurements.map(of)));
  return {
    ratios: second
      ? entries(({ of }) => ratios(first.measurements.map(of), second.measurements.map(of)))
      : null,
    [first.name]: absolute(first),
    ...(second ? { [second.name]: absolute(second) } : {}),
  };
}
