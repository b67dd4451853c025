import { type Child, startChild } from '../processes/child.ts';

/** Times are CLOCK_MONOTONIC in nanoseconds, as `process.hrtime.bigint()`. */
export interface Sent {
  bytes: number;
  startNs: bigint;
  endNs: bigint;
}

export interface Sending {
  child: Child;
  /** Resolves when the last byte was taken by the daemon's socket. */
  sent: Promise<Sent>;
}

/** Sends the file's lines over `connections` connections. */
export function startSending(
  program: string,
  file: string,
  port: number,
  connections: number,
  signal: AbortSignal,
): Sending {
  const child = startChild('send', program, [file, String(port), String(connections)]);
  const sent = child.firstLine(signal).then((line) => {
    const { bytes, startNs, endNs } = JSON.parse(line) as Record<string, string>;
    return { bytes: Number(bytes), startNs: BigInt(startNs ?? 0), endNs: BigInt(endNs ?? 0) };
  });
  return { child, sent };
}
