import { civilToMs } from '../../event/time.ts';
import { decimal } from '../message.ts';

/**
 * Offsets of the parts of an access line; each part is [start, end).
 *
 *   addresses - user [time] "request" status bytes "referrer" "agent" …
 *
 * nginx `combined` (and Apache's), with the forwarded addresses that operators put in front; `common` ends after `bytes`.
 * One object is used for all lines.
 */
export class AccessLine {
  /** Everything before ` - user [` is one address, or a forwarded list; it starts at 0. */
  addressesEnd = 0;
  userStart = 0;
  userEnd = 0;
  /** Epoch ms. */
  time = 0;
  requestStart = 0;
  requestEnd = 0;
  status = 0;
  bytesStart = 0;
  bytesEnd = 0;
  referrerStart = 0;
  referrerEnd = 0;
  agentStart = 0;
  agentEnd = 0;

  /** @returns -1, or the offset at which the line leaves the format */
  scan(text: string): number {
    this.addressesEnd = text.indexOf(' - ');
    if (this.addressesEnd <= 0) return 0;
    this.userStart = this.addressesEnd + 3;
    // nginx and Apache escape quotes, so a user name cannot contain this.
    const close = text.indexOf('] "', this.userStart);
    if (close < 0) return this.userStart;
    const open = close - TIME_LENGTH;
    this.userEnd = open - 2;
    if (this.userEnd <= this.userStart || text[open - 1] !== '[' || text[open - 2] !== ' ')
      return this.userStart;
    this.time = commonLogTime(text, open);
    if (Number.isNaN(this.time)) return open;
    this.requestStart = close + 3;
    this.requestEnd = closingQuote(text, this.requestStart);
    if (this.requestEnd < 0) return close + 2;
    return this.#scanNumbers(text, this.requestEnd + 1);
  }

  #scanNumbers(text: string, at: number): number {
    this.status = decimal(text, at + 1, at + 4);
    if (text[at] !== ' ' || text[at + 4] !== ' ' || !(this.status >= 100)) return at;
    this.bytesStart = at + 5;
    this.bytesEnd = endOfWord(text, this.bytesStart);
    const isNumber = decimal(text, this.bytesStart, this.bytesEnd) >= 0;
    if (!isNumber && text.slice(this.bytesStart, this.bytesEnd) !== '-') return this.bytesStart;
    this.#scanQuoted(text, this.bytesEnd + 1);
    return -1;
  }

  #scanQuoted(text: string, at: number): void {
    this.referrerStart = this.referrerEnd = this.agentStart = this.agentEnd = 0;
    const referrerEnd = text[at] === '"' ? closingQuote(text, at + 1) : -1;
    if (referrerEnd < 0) return;
    this.referrerStart = at + 1;
    this.referrerEnd = referrerEnd;
    const agentEnd = text[referrerEnd + 2] === '"' ? closingQuote(text, referrerEnd + 3) : -1;
    if (agentEnd < 0) return;
    this.agentStart = referrerEnd + 3;
    this.agentEnd = agentEnd;
  }
}

/** Offset of the quote that ends the string at `start`, or -1. A backslash takes the next character with it. */
function closingQuote(text: string, start: number): number {
  for (let quote = text.indexOf('"', start); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let slashes = 0;
    while (quote - 1 - slashes >= start && text[quote - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return quote;
  }
  return -1;
}

function endOfWord(text: string, start: number): number {
  const space = text.indexOf(' ', start);
  return space < 0 ? text.length : space;
}

const TIME_LENGTH = '07/Dec/2016:11:05:07 +0100'.length;
const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';

/** `07/Dec/2016:11:05:07 +0100` at `at` → epoch ms, NaN when there is no such time. */
export function commonLogTime(text: string, at: number): number {
  const month = MONTHS.indexOf(text.slice(at + 3, at + 6));
  const sign = text[at + 21];
  if (month < 0 || month % 3 !== 0 || (sign !== '+' && sign !== '-')) return Number.NaN;
  if (text[at + 2] !== '/' || text[at + 6] !== '/' || text[at + 20] !== ' ') return Number.NaN;
  if (text[at + 11] !== ':' || text[at + 14] !== ':' || text[at + 17] !== ':') return Number.NaN;
  const number = (from: number, to: number): number => decimal(text, at + from, at + to);
  const offset = number(22, 24) * 60 + number(24, 26);
  const local = civilToMs(
    number(7, 11),
    month / 3 + 1,
    number(0, 2),
    number(12, 14),
    number(15, 17),
    number(18, 20),
  );
  return local - offset * (sign === '-' ? -60_000 : 60_000);
}
