import t from 'tap';
import { explanationJson, explanationText } from '../../src/cli/explanation-text.ts';
import type { Explanation } from '../../src/cli/explanation.ts';
import { guide } from '../../src/cli/guide.ts';
import { LiveStatus } from '../../src/cli/live-status.ts';
import { statusLines } from '../../src/cli/status-lines.ts';
import { PLAIN } from '../../src/config/diagnostic.ts';
import { parseConfig } from '../../src/config/load.ts';
import { surroundings } from '../config/sample.ts';

/** A terminal's lines, as far as LiveStatus uses it: whole lines, cursor up, clear below. */
class Lines {
  readonly columns = 20;
  readonly rows = 5;
  #lines: string[] = [];
  #cursor = 0;

  write(text: string): void {
    for (const [, control, line] of text.matchAll(/\u001b\[(\d+[AJ])|([^\u001b\n]*)\n/g)) {
      if (control === '0J') this.#lines = this.#lines.slice(0, this.#cursor);
      else if (control !== undefined) this.#cursor -= Number.parseInt(control, 10);
      else this.#lines[this.#cursor++] = line ?? '';
    }
  }

  get shown(): string[] {
    return this.#lines;
  }
}

t.test('the live status stays below what is logged', async (t) => {
  const screen = new Lines();
  let lines = ['one', 'two'];
  const status = new LiveStatus(screen, () => lines);
  status.write('before\n');
  t.same(screen.shown, ['before']);
  status.start(1 << 30);
  t.same(screen.shown, ['before', 'one', 'two']);
  status.write('a log line\n');
  t.same(screen.shown, ['before', 'a log line', 'one', 'two']);
  lines = ['x'.repeat(50), ...'abcdef'];
  status.write('another\n');
  t.same(
    screen.shown,
    ['before', 'a log line', 'another', 'x'.repeat(19), 'a', 'b', 'c'],
    'cut to the terminal, or moving up would miss',
  );
  status.stop();
  t.same(screen.shown, ['before', 'a log line', 'another']);
  status.write('after\n');
  t.same(screen.shown.at(-1), 'after');
});

t.test('what flows where', async (t) => {
  const lines = statusLines({
    node: 'n',
    state: 'ready',
    problems: [],
    uptime: 12.7,
    limiting: 'main.store',
    sources: [
      {
        name: 'edge',
        type: 'syslog',
        received: 12_345,
        bytes: 1,
        rate: 1234.4,
        connections: 3,
        discarded: 0,
        truncated: 0,
        blocked: 0,
      },
    ],
    workers: { count: 1, busy: 0, restarts: 0 },
    pipelines: [],
    slots: [
      {
        name: 'main.store',
        sink: 'store',
        type: 'postgres',
        connected: false,
        received: 9,
        delivered: 7,
        queued: 2,
        deadLettered: 0,
        filtered: 0,
        notRouted: 0,
        dropped: 0,
        rate: 0,
        bytes: 1,
        inFlight: 1,
        trouble: 'connection refused',
      },
    ],
    memory: { limit: 64 * 2 ** 20, used: 12.4 * 2 ** 20 },
    admin: undefined,
  });
  t.same(lines, [
    '',
    'up 12 s · ready · limited by main.store · 12MiB of 64MiB in use',
    '  in   edge           1,234/s  12,345 events  3 connected',
    '  out  main.store         0/s  7 delivered    2 waiting, connection refused',
  ]);
});

t.test('how to send a first line', async (t) => {
  const { config } = parseConfig(
    'a.yaml',
    `sources:
  edge: { type: syslog, tcp: 5514, udp: 5514 }
  six: { type: syslog, udp: "[::1]:6514" }
  web: { type: http, listen: "[::]:8514" }
pipelines:
  main: { from: [edge, six, web], to: { redis: { counters: ["c"] } } }
sinks:
  redis: { url: "", files: out/redis }
`,
    { surroundings: surroundings() },
  );
  t.equal(
    guide(config, '127.0.0.1:9514'),
    `
  send   edge   logger -n 127.0.0.1 -P 5514 -T --rfc5424 hello
  send   six    logger -n ::1 -P 6514 -d --rfc5424 hello
  send   web    curl -d '{"message":"hello"}' http://[::1]:8514/
  find   redis  out/redis/ (its README says how to load the files)
  watch  admin  http://127.0.0.1:9514/status, /metrics, /health, /ready
`,
  );
});

t.test('an explanation shows each byte and lets the terminal obey none', async (t) => {
  const explanation: Explanation = {
    source: 'in',
    pipelines: [
      {
        name: 'main',
        stages: [
          {
            step: 'parse plain',
            at: { line: 7, column: 9 },
            fields: { a: { value: '1\u001b', kind: 'text' }, nr: { value: '2', kind: 'integer' } },
            changed: ['a', 'nr'],
          },
          {
            step: 'rename',
            fields: { nr: { value: '3', kind: 'integer' } },
            changed: ['nr', 'a'],
            error: 'no b',
          },
          { step: 'filter', fields: {}, changed: [], dropped: true },
        ],
        outputs: [
          {
            name: 'store',
            sink: 'store',
            layout: 'base',
            bytes: Buffer.from('1\t\\t\u0000é\n\u001b[2J\n'),
          },
          { name: 'rows', sink: 'x', layout: 'base', bytes: Buffer.from([0x61, 0xff, 0x7f]) },
          { name: 'none', sink: 'x', layout: 'base', bytes: undefined, reason: 'dropped' },
        ],
      },
      { name: 'other', stages: [], route: 'r', outputs: [] },
    ],
  };
  t.equal(
    explanationText(explanation, 'a.yaml', PLAIN),
    `source in

pipeline main
  1. parse plain  a.yaml:7:9
     + a   text     "1\\u001b"
     + nr  integer  2
  2. rename
     ~ nr  integer  3
     - a
     error no b
  3. filter
     dropped: no later step or output sees it
  → store, layout base, 13 bytes
    | 1␉\\t␀é
    | ␛[2J
  → rows to sink x, layout base, 3 bytes
    | a‹ff›␡
  → none to sink x: nothing, dropped

pipeline other
  route r
`,
  );
  const [main] = (JSON.parse(explanationJson(explanation)) as Explanation).pipelines;
  t.same(main?.outputs[1], { name: 'rows', sink: 'x', layout: 'base', bytes: 'Yf9/' });
  t.match(main?.outputs[0], { text: '1\t\\t\u0000é\n\u001b[2J\n' });
});
