import { Refusal } from './refusal.ts';

const LF = 0x0a;
/** Lines that an answer names; the rest is counted. */
const NAMED = 20;

export interface InvalidLine {
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

/** Checks that every line that is not empty is JSON. @throws Refusal that names the lines */
export function checkLines(body: Buffer): void {
  const invalid: InvalidLine[] = [];
  let count = 0;
  let line = 0;
  for (let at = 0; at < body.length; ) {
    const end = body.indexOf(LF, at);
    const text = body.toString('utf8', at, end < 0 ? body.length : end).trim();
    line += 1;
    at = end < 0 ? body.length : end + 1;
    const message = text === '' ? undefined : problemOf(text);
    if (message === undefined) continue;
    count += 1;
    if (invalid.length < NAMED) invalid.push({ line, message });
  }
  if (count === 0) return;
  throw new Refusal(
    400,
    'SLUICE_HTTP_INVALID_LINES',
    `${count} of ${line} lines are not JSON; nothing was taken`,
    { members: { lines: invalid } },
  );
}

function problemOf(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
