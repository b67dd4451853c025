import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Names of pino's levels, and how they look. */
const LEVELS: ReadonlyMap<unknown, readonly [name: string, style: Style]> = new Map([
  [10, ['trace', 'dim']],
  [20, ['debug', 'dim']],
  [30, ['info', 'green']],
  [40, ['warn', 'yellow']],
  [50, ['error', 'red']],
  [60, ['fatal', 'red']],
]);

/** Not repeated on each line: known to whoever looks at the terminal. */
const HIDDEN = new Set(['level', 'time', 'node', 'msg', 'pid', 'hostname']);

/** Turns pino's JSON lines into lines for people: time, level, message, then the other members. */
export class PrettyStream {
  readonly #out: { write(text: string): unknown; readonly isTTY?: boolean };

  constructor(out: { write(text: string): unknown; readonly isTTY?: boolean }) {
    this.#out = out;
  }

  write(line: string): void {
    this.#out.write(
      prettyLine(line, this.#out.isTTY === true && process.env['NO_COLOR'] === undefined),
    );
  }
}

export function prettyLine(line: string, colours: boolean): string {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const paint = (style: Style, text: string): string => (colours ? styleText(style, text) : text);
  const [name, style] = LEVELS.get(fields['level']) ?? ['', 'dim'];
  const time = String(fields['time']).slice(11, 23);
  const rest = Object.entries(fields)
    .filter(([key]) => !HIDDEN.has(key))
    .map(([key, value]) => paint('dim', `${key}=${textOf(value)}`));
  const head = [paint('dim', time), paint(style, name.padEnd(5)), textOf(fields['msg'] ?? '')];
  return `${[...head, ...rest].join(' ')}\n`;
}

/** Control characters of a message never reach the terminal. */
function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);

  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
}
