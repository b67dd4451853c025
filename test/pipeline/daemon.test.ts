import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import t from 'tap';
import type { Config, SourceConfig } from '../../src/config/schema.ts';
import type { Components } from '../../src/pipeline/components.ts';
import { type Daemon, type DaemonOptions, startDaemon } from '../../src/pipeline/daemon.ts';
import { createSource } from '../../src/sources/create.ts';
import { TestWriter, until } from './harness.ts';

const at = { line: 1, column: 1 };
const MIB = 2 ** 20;

interface Run {
  readonly folder: string;
  readonly writer: TestWriter;
  readonly config: Config;
  start(options?: DaemonOptions, config?: Config): Promise<Daemon>;
  page(daemon: Daemon, path: string, init?: RequestInit): Promise<Response>;
}

function prepare(
  test: { teardown(close: () => Promise<void>): void },
  sources: (folder: string) => readonly SourceConfig[],
): Run {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-daemon-'));
  const writer = new TestWriter();
  const daemons: Daemon[] = [];
  const config: Config = {
    file: 'test.yaml',
    revision: 'r1',
    node: {
      id: 'test',
      data_dir: join(folder, 'data'),
      memory_budget: 16 * MIB,
      workers: 1,
      core: 'ts',
    },
    admin: { listen: { host: '127.0.0.1', port: 0 } },
    log: { level: 'silent', format: 'json' },
    sources: sources(folder),
    pipelines: [
      {
        name: 'main',
        from: sources(folder).map(({ name }) => name),
        steps: [],
        to: [{ name: 'out', sink: 'store', required: true, options: { format: 'ndjson' }, at }],
        at,
      },
    ],
    sinks: [{ name: 'store', type: 'blackhole', options: { accept: true }, at }],
  };
  const components: Components = {
    createWriter: async () => writer,
    createSource: ({ type, options }, context) => createSource(type, options, context),
    worker: new URL('../../src/workers/stage.js', import.meta.url),
  };
  test.teardown(async () => {
    await Promise.all(daemons.map((daemon) => daemon.stop()));
    rmSync(folder, { recursive: true, force: true });
  });
  const log = pino({ level: 'silent' });
  return {
    folder,
    writer,
    config,
    async start(options, other = config) {
      const daemon = await startDaemon(other, { log, components, ...options });
      daemons.push(daemon);
      return daemon;
    },
    page: (daemon, path, init) => fetch(`http://${daemon.snapshot().admin ?? ''}${path}`, init),
  };
}

function syslog(port: number): SourceConfig {
  const options = {
    tcp: { host: '127.0.0.1', port },
    framing: 'auto',
    timezone: 'UTC',
    max_event: MIB,
    linger: 5,
    max_connections: 100,
    idle_timeout: 0,
    max_partial: MIB,
    receive_buffer: MIB,
  };
  return { name: 'edge', type: 'syslog', ack: 'received', options, at };
}

function file(folder: string): SourceConfig {
  const options = {
    paths: [join(folder, '*.log')],
    exclude: [],
    read: 'whole',
    start: 'beginning',
    max_event: MIB,
    linger: 5,
    poll: 50,
    max_files: 10,
  };
  return { name: 'logs', type: 'file', ack: 'received', options, at };
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

t.test('lines over TCP come out as documents; a stop flushes and ends', async (test) => {
  const port = await freePort();
  const run = prepare(test, () => [syslog(port)]);
  const abort = new AbortController();
  const daemon = await run.start({ signal: abort.signal });
  await until(() => daemon.snapshot().state === 'ready');
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  for (let k = 0; k < 2000; k++) socket.write(`<13>line ${k}\n`);
  socket.end();
  await until(() => daemon.snapshot().sources[0]?.received === 2000);
  abort.abort();
  await daemon.done;
  const documents = run.writer.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  test.equal(documents.length, 2000);
  test.same(
    documents.map(({ message }) => message).sort(),
    Array.from({ length: 2000 }, (_, k) => `<13>line ${k}`).sort(),
  );
  test.equal(daemon.snapshot().state, 'draining');
  const again = await run.start();
  await again.stop();
});

t.test('the admin port tells how things are', async (test) => {
  const run = prepare(test, () => [syslog(0)]);
  run.writer.onConnect = (attempt) => {
    if (attempt === 0) throw new Error('connection refused');
  };
  const daemon = await run.start();
  const notReady = await run.page(daemon, '/ready');
  if (notReady.status === 503) {
    test.match(await notReady.json(), {
      status: 'degraded',
      problems: [{ component: 'sink main.out' }],
    });
  }
  await until(() => daemon.snapshot().state === 'ready');
  test.equal((await run.page(daemon, '/ready')).status, 200);
  test.match(await (await run.page(daemon, '/health')).json(), { status: 'ready' });
  const metrics = await (await run.page(daemon, '/metrics')).text();
  for (const line of [
    'sluice_component_received_events_total{component_id="edge",component_kind="source"} 0',
    'sluice_source_lag_seconds{component_id="edge",component_kind="source"} 0',
    'sluice_component_sent_events_total{component_id="main.out",component_kind="sink"} 0',
    'sluice_limiting_stage{stage="none"} 1',
    'sluice_ledger_difference_events{component_id="main.out",component_kind="sink"} 0',
    'sluice_memory_used_bytes{part="intake"} 0',
    'error_code="SLUICE_INTERNAL"',
    'process_cpu_seconds_total',
  ]) {
    test.ok(metrics.includes(line), line);
  }
  test.match(await (await run.page(daemon, '/status')).json(), { node: 'test', limiting: 'none' });
  test.equal((await run.page(daemon, '/nothing')).status, 404);
  const post = await run.page(daemon, '/status', { method: 'POST', body: 'x' });
  test.equal(post.status, 405);
  test.equal(post.headers.get('allow'), 'GET, HEAD');
  test.equal(
    (await run.page(daemon, '/status', { headers: { x: 'y'.repeat(20_000) } })).status,
    431,
  );
  await daemon.stop();
});

t.test(
  'nothing starts half: a port that is taken ends the start, and all is closed',
  async (test) => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    test.teardown(() => taken.close());
    const { port } = taken.address() as AddressInfo;
    const run = prepare(test, () => [syslog(port)]);
    await test.rejects(run.start(), {
      code: 'SLUICE_LISTEN_IN_USE',
      message: /^test\.yaml:1:1: source edge: .*127\.0\.0\.1:\d+/,
    });
    test.notOk(readdirSync(run.config.node.data_dir).includes('lock'));
    const free = await freePort();
    const admin = {
      ...run.config,
      admin: { listen: { host: '127.0.0.1', port } },
      sources: [syslog(free)],
    };
    await test.rejects(run.start({}, admin), {
      code: 'SLUICE_LISTEN_IN_USE',
      message: /admin\.listen/,
    });
    const daemon = await run.start({}, { ...run.config, sources: [syslog(free)] });
    await test.rejects(run.start(), { code: 'SLUICE_DATA_DIR_LOCKED' });
    await daemon.stop();
  },
);

t.test('--once ends when finite sources are drained and settled', async (test) => {
  const run = prepare(test, (folder) => [file(folder)]);
  const lines = Array.from({ length: 5000 }, (_, k) => `entry ${k}`);
  writeFileSync(join(run.folder, 'a.log'), lines.join('\n'));
  const daemon = await run.start({ once: true });
  await daemon.done;
  const documents = run.writer.lines.map((line) => JSON.parse(line) as { message: string });
  test.same(documents.map(({ message }) => message).sort(), [...lines].sort());
  const ids = run.writer.lines.map(
    (line) => (JSON.parse(line) as { event: { id: string } }).event.id,
  );
  test.equal(new Set(ids).size, 5000);
});

t.test('a stop gives up after its limit when a store takes nothing', async (test) => {
  const port = await freePort();
  const run = prepare(test, () => [syslog(port)]);
  run.writer.decide = () => new Promise(() => {});
  const daemon = await run.start({ flushLimit: 200 });
  const socket = connect(port, '127.0.0.1');
  socket.end('<13>held\n');
  await until(() => daemon.snapshot().slots[0]?.inFlight === 1);
  await daemon.stop();
  test.match(daemon.snapshot().slots[0], { queued: 1, delivered: 0 });
});
