/** Offsets of the parts of an access line; a pair is [start, end). */
export interface AccessLine {
  /** Everything before ` - user [`: one address, or a forwarded list. */
  addresses: [number, number];
  user: [number, number];
  time: [number, number];
  request: [number, number];
  status: [number, number];
  bytes: [number, number];
  referrer: [number, number];
  agent: [number, number];
}

/**
 * nginx `combined` (and Apache's), with the forwarded addresses that operators put in front:
 *
 *   addresses - user [time] "request" status bytes "referrer" "agent" …
 *
 * @returns the parts, or the offset at which the line leaves the format
 */
export function scanAccessLine(text: string): AccessLine | number {
  const dash = text.indexOf(' - ');
  if (dash <= 0) return 0;
  const open = text.indexOf(' [', dash + 3);
  if (open < 0) return dash + 3;
  const close = text.indexOf('] "', open + 2);
  if (close < 0) return open + 2;
  const request = quoted(text, close + 2);
  if (request < 0) return close + 2;
  const statusEnd = text.indexOf(' ', request + 2);
  if (text[request + 1] !== ' ' || statusEnd < 0) return request + 1;
  const bytesEnd = endOfWord(text, statusEnd + 1);
  const line: AccessLine = {
    addresses: [0, dash],
    user: [dash + 3, open],
    time: [open + 2, close],
    request: [close + 3, request],
    status: [request + 2, statusEnd],
    bytes: [statusEnd + 1, bytesEnd],
    referrer: [0, 0],
    agent: [0, 0],
  };
  // `common` ends here; `combined` has two more.
  const referrer = text[bytesEnd + 1] === '"' ? quoted(text, bytesEnd + 1) : -1;
  if (referrer < 0) return line;
  line.referrer = [bytesEnd + 2, referrer];
  const agent = text[referrer + 2] === '"' ? quoted(text, referrer + 2) : -1;
  if (agent >= 0) line.agent = [referrer + 3, agent];
  return line;
}

/** Offset of the closing quote of a string that opens at `start`, or -1. A backslash takes the next character with it. */
function quoted(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return -1;
    let slashes = 0;
    while (text[quote - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return quote;
    at = quote;
  }
}

function endOfWord(text: string, start: number): number {
  const space = text.indexOf(' ', start);
  return space < 0 ? text.length : space;
}

const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';

/** `07/Dec/2016:11:05:07 +0100` → epoch ms, NaN when it is not that. */
export function commonLogTime(text: string, start: number, end: number): number {
  if (end - start !== 26) return Number.NaN;
  const number = (from: number, length: number): number => {
    let value = 0;
    for (let k = start + from; k < start + from + length; k++) {
      const digit = text.charCodeAt(k) - 0x30; // 0
      if (digit < 0 || digit > 9) return Number.NaN;
      value = value * 10 + digit;
    }
    return value;
  };
  const month = MONTHS.indexOf(text.slice(start + 3, start + 6));
  const sign = text[start + 21];
  if (month < 0 || month % 3 !== 0 || (sign !== '+' && sign !== '-')) return Number.NaN;
  const offset = (number(22, 2) * 60 + number(24, 2)) * (sign === '-' ? -60_000 : 60_000);
  return (
    Date.UTC(number(7, 4), month / 3, number(0, 2), number(12, 2), number(15, 2), number(18, 2)) -
    offset
  );
}
