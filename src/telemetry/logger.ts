import { type Logger, pino } from 'pino';
import type { Config } from '../config/schema.ts';
import { PrettyStream } from './pretty-stream.ts';

type TextOut = ConstructorParameters<typeof PrettyStream>[0];

/**
 * Logs on standard error: JSON lines, or text for people when it is a terminal and nothing else was asked for.
 * @param out takes the text for people instead of standard error
 */
export function createLogger(
  { level, format }: Config['log'],
  node: string,
  out: TextOut = process.stderr,
): Logger {
  const pretty = format === 'pretty' || (format === 'auto' && process.stderr.isTTY);
  const options = { level, base: { node }, timestamp: pino.stdTimeFunctions.isoTime };
  if (pretty) return pino(options, new PrettyStream(out));
  return pino(options, pino.destination({ fd: 2, sync: false, minLength: 0 }));
}
