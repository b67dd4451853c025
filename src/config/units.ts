import { z } from 'zod';
import { maskLine } from './secrets.ts';

/** A parsed value, or what is wrong with the text. */
export type Parsed<Value> = { readonly value: Value } | { readonly problem: string };

export interface ListenAddress {
  /** Without brackets. */
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
}

const SIZE_UNITS: ReadonlyMap<string, number> = new Map([
  ['B', 1],
  ['kB', 1e3],
  ['KB', 1e3],
  ['MB', 1e6],
  ['GB', 1e9],
  ['KiB', 2 ** 10],
  ['MiB', 2 ** 20],
  ['GiB', 2 ** 30],
]);

const DURATION_UNITS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1e3],
  ['m', 60e3],
  ['h', 3600e3],
  ['d', 86_400e3],
]);

/** @returns bytes, a whole number; a number without a unit is bytes */
export function parseSize(text: string | number): Parsed<number> {
  const match = /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/.exec(String(text).trim());
  if (match === null) return { problem: `${quote(text)} is not a size; write it like 64MiB` };
  const [, digits = '', unit = ''] = match;
  const factor = SIZE_UNITS.get(unit === '' ? 'B' : unit);
  if (factor === undefined) return unknownUnit('size', unit, SIZE_UNITS);
  const bytes = Number(digits) * factor;
  if (!Number.isSafeInteger(bytes))
    return { problem: `${quote(text)} is not a whole number of bytes` };
  return { value: bytes };
}

/** `10s`, `250ms`, `1h30m`. @returns milliseconds, a whole number */
export function parseDuration(text: string | number): Parsed<number> {
  const source = String(text).trim();
  if (source === '0') return { value: 0 };
  if (/^\d+(\.\d+)?$/.test(source)) {
    return { problem: `${quote(text)} has no unit; write it like ${source}s or ${source}ms` };
  }
  if (!/^(?:\d+(?:\.\d+)?[A-Za-z]+)+$/.test(source)) {
    return { problem: `${quote(text)} is not a duration; write it like 10s, 250ms or 1h30m` };
  }
  let total = 0;
  for (const [, digits = '', unit = ''] of source.matchAll(/(\d+(?:\.\d+)?)([A-Za-z]+)/g)) {
    const factor = DURATION_UNITS.get(unit);
    if (factor === undefined) return unknownUnit('duration', unit, DURATION_UNITS);
    total += Number(digits) * factor;
  }
  if (!Number.isSafeInteger(total)) {
    return { problem: `${quote(text)} is not a whole number of milliseconds` };
  }
  return { value: total };
}

/**
 * `0.0.0.0:5514`, `[::1]:514`, `localhost:514`, or a port alone, which takes the default host.
 * @param defaultHost for a port alone
 */
export function parseListen(text: string | number, defaultHost: string): Parsed<ListenAddress> {
  const source = String(text).trim();
  const match =
    /^(?:\[(?<v6>[0-9A-Fa-f:.]+(?:%\w+)?)\]:|(?<host>[A-Za-z0-9_.-]*):)?(?<port>\d+)$/.exec(source);
  if (match?.groups === undefined) {
    const bare = /^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:/.test(source) && !source.startsWith('[');
    return {
      problem: bare
        ? `${quote(text)} is not a listen address; an IPv6 host needs brackets: [::1]:514`
        : `${quote(text)} is not a listen address; write HOST:PORT, [IPV6]:PORT or PORT`,
    };
  }
  const { v6, host, port } = match.groups;
  const number = Number(port);
  if (number > 65_535) return { problem: `port ${number} is outside 0-65535` };
  const name = v6 ?? host ?? '';
  if (v6 === undefined && /^[\d.]+$/.test(name) && !isIPv4(name)) {
    return { problem: `${quote(name)} is not an IPv4 address` };
  }
  return { value: { host: name === '' ? defaultHost : name, port: number } };
}

function isIPv4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256);
}

/** @returns the address as `HOST:PORT`, with brackets where IPv6 needs them */
export function formatListen({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function quote(text: string | number): string {
  return `'${maskLine(String(text))}'`;
}

function unknownUnit(what: string, unit: string, units: ReadonlyMap<string, number>) {
  return {
    problem: `'${unit}' is not a unit of ${what}; allowed: ${[...units.keys()].join(', ')}`,
  };
}

interface Limits {
  readonly min?: number;
  readonly max?: number;
}

/**
 * A size in the configuration: `64MiB`, or bytes. Give a default with `.prefault('64MiB')`.
 * @param limits bytes
 */
export function size(limits: Limits = {}) {
  return quantity('size', ['64MiB'], parseSize, formatSize, limits);
}

/**
 * A duration in the configuration: `10s`. Give a default with `.prefault('10s')`.
 * @param limits milliseconds
 */
export function duration(limits: Limits = {}) {
  return quantity('duration', ['10s', '250ms'], parseDuration, formatDuration, limits);
}

/** A listen address in the configuration. @param defaultHost for a port alone */
export function listenAddress(defaultHost = '0.0.0.0') {
  return z
    .union([z.string(), z.number()])
    .meta({ title: 'address', examples: [`${defaultHost}:5514`, '[::1]:5514', '5514'] })
    .transform((text, context) => unwrap(parseListen(text, defaultHost), context));
}

function quantity(
  title: string,
  examples: readonly string[],
  parse: (text: string | number) => Parsed<number>,
  format: (value: number) => string,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: Limits,
) {
  return z
    .union([z.string(), z.number()])
    .meta({ title, examples: [...examples] })
    .transform((text, context) => {
      const value = unwrap(parse(text), context);
      if (value < min) context.addIssue(`at least ${format(min)} is needed`);
      if (value > max) context.addIssue(`at most ${format(max)} is allowed`);
      return value;
    });
}

function unwrap<Value>(parsed: Parsed<Value>, context: z.RefinementCtx): Value {
  if ('value' in parsed) return parsed.value;
  context.addIssue(parsed.problem);
  return z.NEVER;
}

/** @param bytes as `64MiB`, in the largest binary unit that divides it */
export function formatSize(bytes: number): string {
  return inLargest(bytes, [
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
    ['B', 1],
  ]);
}

/** @param milliseconds as `10s`, in the largest unit that divides it */
export function formatDuration(milliseconds: number): string {
  return inLargest(milliseconds, [...DURATION_UNITS].reverse());
}

function inLargest(value: number, units: readonly (readonly [string, number])[]): string {
  for (const [unit, factor] of units) {
    if (value >= factor && value % factor === 0) return `${value / factor}${unit}`;
  }
  return String(value);
}
