import type { ErrorCode } from '../../errors/codes.ts';

/** The words of an error reply that tell what to do; older servers wrap them in "ERR Error running script". */
const meanings: readonly (readonly [RegExp, ErrorCode])[] = [
  [/\b(NOAUTH|WRONGPASS|NOPERM|invalid password|without any password)\b/, 'SLUICE_SINK_ACCESS'],
  [/\bDB index is out of range\b/, 'SLUICE_SINK_TARGET'],
  [
    /\b(LOADING|READONLY|OOM|MOVED|ASK|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|MISCONF|NOREPLICAS|BUSY|max number of clients)\b/,
    'SLUICE_SINK_BUSY',
  ],
];

/** What an error reply to the script, or to the greeting, means; the same again later in any case. */
export function replyCode(message: string): ErrorCode {
  return meanings.find(([words]) => words.test(message))?.[1] ?? 'SLUICE_SINK_FAULT';
}
