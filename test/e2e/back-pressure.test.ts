import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { freePort } from '../../stack/ports.ts';
import { ownStack, sharedStack } from '../stack.ts';
import { testFolder, writeConfig } from './support/folder.ts';
import { connectTcp, sendUdp } from './support/senders.ts';
import { Sluice } from './support/sluice.ts';
import { ElasticStore, RedisStore } from './support/stores.ts';
import { when } from './support/until.ts';

/** How long the store stands still. A minute is what the product promises; the default keeps the suite short. */
const STALL_MS = Number(process.env['SLUICE_TEST_STALL'] ?? '15') * 1000;
const SETTLE_MS = 5000;
const SAMPLE_MS = 500;
const WITHIN_MS = 180_000;
const MIB = 2 ** 20;
/** Alone on the machine (SLUICE_TEST_STALL says for how long) the limit is the promised one; beside other tests collectors come late. */
const ALONE = process.env['SLUICE_TEST_STALL'] !== undefined;
const MEMORY_LIMIT = (ALONE ? 128 : 192) * MIB;
/** What a garbage collector moves. */
const FLAT = (ALONE ? 12 : 48) * MIB;
const DATAGRAMS_AT_ONCE = 5000;
const DATAGRAMS_AT_MOST = 400_000;

t.setTimeout(STALL_MS + 400_000);

t.test('a store that stands still', async (t) => {
  const folder = await testFolder(t);
  const own = await ownStack(t, ['elasticsearch']);
  const elasticsearch = ElasticStore.create(t, own.url('elasticsearch'));
  await elasticsearch.call('PUT', '/_index_template/stalled', {
    index_patterns: [elasticsearch.index],
    template: {
      settings: { number_of_replicas: 0, refresh_interval: '-1' },
      mappings: {
        dynamic: false,
        properties: { process: { properties: { name: { type: 'keyword' } } } },
      },
    },
  });
  const redis = await RedisStore.create(t, (await sharedStack(t, ['redis'])).url('redis'));
  const [tcp, udp] = [await freePort(), await freePort()];
  const config = await writeConfig(
    folder,
    `admin: { listen: 127.0.0.1:${await freePort()} }
node: { workers: 2 }
sources:
  tcp: { type: syslog, tcp: "127.0.0.1:${tcp}" }
  udp: { type: syslog, udp: "127.0.0.1:${udp}" }
pipelines:
  main:
    from: [tcp, udp]
    steps: [{ parse: syslog }]
    to:
      elasticsearch: { index: "${elasticsearch.prefix}-all" }
      redis: { counters: ["seen:{process.name}"] }
sinks:
  elasticsearch: { nodes: ["${elasticsearch.url}"], timeout: 4s }
  redis: { url: "${redis.url}" }
`,
  );
  const sluice = await Sluice.start(t, config, { cwd: folder });
  await sluice.untilReady();
  // Warm: what is compiled and allocated once does not count as growth.
  const sender = new Sender(await connectTcp(tcp));
  t.teardown(() => sender.socket.destroy());
  await sender.send(20_000);
  await sluice.untilSettled(20_000, WITHIN_MS);

  const store = own.server('elasticsearch');
  await store.kill('SIGSTOP');
  const flood = sender.flood();
  const stalledAt = performance.now();
  const samples: { at: number; memory: number; handed: number }[] = [];
  const sampling = new AbortController();
  const sampler = (async () => {
    while (!sampling.signal.aborted) {
      const memory = await sluice.anonymousMemory();
      samples.push({ at: performance.now() - stalledAt, memory, handed: sender.handed });
      await sleep(SAMPLE_MS);
    }
  })();

  await sluice.until('the sender is blocked', WITHIN_MS, async () => {
    const before = sender.handed;
    await sleep(1000);
    return when(before === sender.handed && sender.socket.writableNeedDrain);
  });
  const blockedAt = sender.handed;
  const ready = await sluice.until('/ready tells of the store', WITHIN_MS, async () => {
    const now = await sluice.ready();
    return now.body.problems.length > 0 ? now : undefined;
  });
  t.equal(ready.status, 503);
  t.match(ready.body.problems, [
    { component: 'sink main.elasticsearch', code: 'SLUICE_SINK_TIMEOUT' },
  ]);
  const limiting = 'sink main.elasticsearch';
  await sluice.until('/status names the store', WITHIN_MS, async () =>
    when((await sluice.status()).limiting === limiting),
  );
  const metrics = await sluice.metrics();
  t.equal(metrics.get(`sluice_limiting_stage{stage="${limiting}"}`), 1);
  t.equal(sumOf(metrics, 'sluice_limiting_stage'), 1, 'exactly one stage sets the pace');

  let datagrams = 0;
  while (datagrams < DATAGRAMS_AT_MOST && (await droppedDatagrams(sluice)) === 0) {
    await sendUdp(udp, syslogLines('udp', datagrams, DATAGRAMS_AT_ONCE));
    datagrams += DATAGRAMS_AT_ONCE;
  }
  const counted = await sluice.until('each datagram is taken or counted', WITHIN_MS, async () => {
    const taken = await receivedOf(sluice, 'udp');
    const dropped = await droppedDatagrams(sluice);
    if (taken + dropped === datagrams) return { taken, dropped };
    throw new Error(`${taken} taken + ${dropped} dropped of ${datagrams}`);
  });
  t.ok(counted.dropped > 0, `${counted.taken} datagrams taken, ${counted.dropped} dropped`);

  await sleep(Math.max(0, STALL_MS - (performance.now() - stalledAt)));
  t.equal(sender.handed, blockedAt, 'the sender is still blocked');
  sampling.abort();
  await sampler;
  const memory = samples.map((sample) => sample.memory);
  const later = samples.filter(({ at }) => at > SETTLE_MS).map((sample) => sample.memory);
  const peak = Math.max(...memory);
  t.ok(peak < MEMORY_LIMIT, `at most ${mib(peak)} MiB of anonymous memory`);
  const growth = Math.max(...later) - (later[0] ?? 0);
  t.ok(growth < FLAT, `memory is flat: ${mib(growth)} MiB more after the first seconds`);

  sender.stop();
  await store.kill('SIGCONT');
  await flood;
  const total = sender.lines + counted.taken;
  await sluice.untilSettled(total, WITHIN_MS);
  await elasticsearch.refresh();
  const seen = { tcp: sender.lines, udp: counted.taken };
  t.same(
    {
      tcp: await elasticsearch.count({ term: { 'process.name': 'tcp' } }),
      udp: await elasticsearch.count({ term: { 'process.name': 'udp' } }),
    },
    seen,
    'nothing is lost, nothing doubled',
  );
  const counters = await redis.counters('seen:*');
  t.same(Object.fromEntries(counters), { 'seen:tcp': seen.tcp, 'seen:udp': seen.udp });
  await sluice.until('/ready is well again', WITHIN_MS, async () =>
    when((await sluice.ready()).status === 200),
  );
  t.comment(
    `stalled for ${STALL_MS / 1000} s: anonymous memory ${mib(Math.min(...memory))} to ${mib(peak)} MiB, ` +
      `${sender.lines} lines by TCP, ${counted.taken} of ${datagrams} datagrams taken`,
  );
  t.same(await sluice.stop(), { code: 0, signal: null });
});

t.test('a slow store sets the pace of all, and is named', async (t) => {
  const folder = await testFolder(t);
  const tcp = await freePort();
  const config = await writeConfig(
    folder,
    `admin: { listen: 127.0.0.1:${await freePort()} }
node: { workers: 2 }
sources:
  edge: { type: syslog, tcp: "127.0.0.1:${tcp}" }
pipelines:
  main:
    from: edge
    steps: [{ parse: syslog }]
    to: { fast: {}, slow: {} }
sinks:
  fast: { type: blackhole }
  slow: { type: blackhole, rate: 20000 }
`,
  );
  const sluice = await Sluice.start(t, config, { cwd: folder });
  const lines = 200_000;
  const sender = new Sender(await connectTcp(tcp));
  t.teardown(() => sender.socket.destroy());
  const sent = sender.send(lines);
  await sluice.until('the slow store is named', WITHIN_MS, async () =>
    when((await sluice.status()).limiting === 'sink main.slow'),
  );
  const metrics = await sluice.metrics();
  t.equal(metrics.get('sluice_limiting_stage{stage="sink main.slow"}'), 1);
  t.equal(sumOf(metrics, 'sluice_limiting_stage'), 1);
  t.ok(sender.socket.writableNeedDrain, 'the sender waits');
  await sent;
  const { slots } = await sluice.untilSettled(lines, WITHIN_MS);
  t.same(
    slots.map(({ name, delivered }) => [name, delivered]),
    [
      ['main.fast', lines],
      ['main.slow', lines],
    ],
  );
});

const PADDING = 'x'.repeat(800);

function* syslogLines(app: string, first: number, count: number): Iterable<string> {
  for (let n = first; n < first + count; n++)
    yield `<14>1 2026-01-02T03:04:05Z host ${app} ${n} - - line ${n} ${PADDING}`;
}

/** Lines over one connection, as fast as the receiver lets it. */
class Sender {
  readonly socket: Socket;
  /** Handed to the socket; all of them arrive in the end. */
  lines = 0;
  #stopped = false;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  /** Bytes that the kernel has taken. */
  get handed(): number {
    return this.socket.bytesWritten - this.socket.writableLength;
  }

  stop(): void {
    this.#stopped = true;
  }

  async flood(): Promise<void> {
    while (!this.#stopped) await this.send(100);
  }

  async send(count: number): Promise<void> {
    const until = this.lines + count;
    while (this.lines < until) {
      const part = Math.min(100, until - this.lines);
      const chunk = [...syslogLines('tcp', this.lines, part)].map((line) => `${line}\n`).join('');
      this.lines += part;
      if (!this.socket.write(chunk))
        await once(this.socket, 'drain', { signal: AbortSignal.timeout(STALL_MS + WITHIN_MS) });
    }
  }
}

const mib = (bytes: number): string => (bytes / MIB).toFixed(1);

function sumOf(metrics: ReadonlyMap<string, number>, name: string): number {
  return [...metrics]
    .filter(([key]) => key.startsWith(`${name}{`))
    .reduce((sum, [, value]) => sum + value, 0);
}

async function receivedOf(sluice: Sluice, source: string): Promise<number> {
  const { sources } = await sluice.status();
  return sources.find(({ name }) => name === source)?.received ?? 0;
}

/** By sluice for want of room, and by the kernel before it. */
async function droppedDatagrams(sluice: Sluice): Promise<number> {
  const metrics = await sluice.metrics();
  const labels = 'component_id="udp",component_kind="source"';
  const noRoom = `sluice_component_discarded_events_total{${labels},intentional="false",reason="no_room"}`;
  const kernel = `sluice_udp_kernel_drops_total{${labels}}`;
  return (metrics.get(noRoom) ?? 0) + (metrics.get(kernel) ?? 0);
}
