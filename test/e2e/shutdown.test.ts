import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { freePort } from '../../stack/ports.ts';
import { sharedStack } from '../stack.ts';
import { testFolder, writeConfig } from './support/folder.ts';
import { connectTcp, sendTcp } from './support/senders.ts';
import { Sluice } from './support/sluice.ts';
import { PostgresStore, RedisStore } from './support/stores.ts';
import { when } from './support/until.ts';

t.setTimeout(240_000);

const WITHIN_MS = 60_000;
const COUNT = 50_000;
const stack = await sharedStack(t, ['postgres', 'redis']);

const lineOf = (n: number): string => `<14>1 2026-01-02T03:04:05Z host end ${n} - - line ${n}\n`;

const outputs = `
      postgres: { table: ended, columns: { n: process.pid } }
      redis: { counters: ["ended:{process.name}"] }`;

async function freshStores(t: Test) {
  const postgres = await PostgresStore.create(t, stack.url('postgres'));
  await postgres.query('CREATE TABLE ended (n bigint)');
  const redis = await RedisStore.create(t, stack.url('redis'));
  const numbers = async () =>
    (await postgres.query<{ n: string }>('SELECT n FROM ended ORDER BY n')).map(({ n }) =>
      Number(n),
    );
  const sinks = `
  postgres: { url: "${postgres.url}" }
  redis: { url: "${redis.url}" }`;
  return { numbers, redis, sinks };
}

async function listening(t: Test, sinks: string) {
  const folder = await testFolder(t);
  const port = await freePort();
  const config = await writeConfig(
    folder,
    `admin: { listen: 127.0.0.1:${await freePort()} }
sources:
  edge: { type: syslog, tcp: "127.0.0.1:${port}" }
pipelines:
  main:
    from: edge
    steps: [{ parse: syslog }]
    to:${outputs}
sinks:${sinks}
`,
  );
  return { port, sluice: await Sluice.start(t, config, { cwd: folder }) };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

t.test('SIGTERM right behind the last record: everything is delivered first', async (t) => {
  const { numbers, redis, sinks } = await freshStores(t);
  const { port, sluice } = await listening(t, sinks);
  await sluice.untilReady();
  await sendTcp(port, upTo(COUNT).map(lineOf), WITHIN_MS);
  t.same(await sluice.stop(), { code: 0, signal: null });
  t.same(await numbers(), upTo(COUNT));
  t.equal(await redis.sum('ended:end'), COUNT);
  t.ok(sluice.logged('sluice has ended'));
});

t.test(
  'SIGTERM in the midst of a stream: what was taken is delivered, without a gap',
  async (t) => {
    const { numbers, redis, sinks } = await freshStores(t);
    const { port, sluice } = await listening(t, sinks);
    await sluice.untilReady();
    const socket = await connectTcp(port);
    t.teardown(() => socket.destroy());
    let sent = 0;
    const closed = once(socket, 'close', { signal: AbortSignal.timeout(WITHIN_MS) });
    const sending = (async () => {
      socket.on('error', () => undefined);
      socket.resume();
      // A peer that reads the end of the stream stops; a peer that does not is cut off.
      for (; !socket.destroyed && !socket.readableEnded; sent += 100) {
        const more = socket.write(
          upTo(100)
            .map((k) => lineOf(sent + k))
            .join(''),
        );
        await (more ? sleep(1) : Promise.race([once(socket, 'drain'), closed]));
      }
      socket.end();
    })();
    await sluice.until('half of it is delivered', WITHIN_MS, async () =>
      when(((await sluice.status()).slots[0]?.delivered ?? 0) > COUNT / 10),
    );
    t.same(await sluice.stop(), { code: 0, signal: null });
    await closed;
    await sending;
    const delivered = await numbers();
    t.same(delivered, upTo(delivered.length), 'each record once, from the first to the last taken');
    t.ok(
      delivered.length > COUNT / 10 && delivered.length <= sent,
      `${delivered.length} of ${sent}`,
    );
    t.equal(await redis.sum('ended:end'), delivered.length, 'the other store has the same');
  },
);

t.test('SIGTERM while a store is away: it ends at its limit and says what is left', async (t) => {
  const { redis, sinks } = await freshStores(t);
  const nowhere = `postgres://nobody@127.0.0.1:${await freePort()}/nothing`;
  const { port, sluice } = await listening(t, sinks.replace(/postgres:\/\/[^"]+/, nowhere));
  await sendTcp(port, upTo(1000).map(lineOf), WITHIN_MS);
  await sluice.until('the other store has it', WITHIN_MS, async () =>
    when((await redis.sum('ended:end')) === 1000),
  );
  t.same(await sluice.stop(), { code: 0, signal: null });
  const entry = sluice.logged('not everything could be delivered in time');
  t.type(entry?.['batches'], 'number', sluice.stderr.slice(-2000));
});

t.test('a second SIGTERM ends at once', async (t) => {
  const { sinks } = await freshStores(t);
  const nowhere = `postgres://nobody@127.0.0.1:${await freePort()}/nothing`;
  const { port, sluice } = await listening(t, sinks.replace(/postgres:\/\/[^"]+/, nowhere));
  await sendTcp(port, upTo(10).map(lineOf), WITHIN_MS);
  sluice.signal('SIGTERM');
  await sluice.until('it drains', WITHIN_MS, async () =>
    when((await sluice.ready()).body.status === 'draining'),
  );
  sluice.signal('SIGTERM');
  t.same(await sluice.ended(), { code: 143, signal: null });
});

t.test('--once ends by itself, with all that the files hold', async (t) => {
  const { numbers, redis, sinks } = await freshStores(t);
  const folder = await testFolder(t);
  const lines = upTo(COUNT).map(lineOf);
  const third = Math.floor(COUNT / 3);
  await writeFile(join(folder, 'a.log'), lines.slice(0, third).join(''));
  await writeFile(join(folder, 'b.log.gz'), gzipSync(lines.slice(third, 2 * third).join('')));
  // The last line has no line feed, and an empty line is no record.
  await writeFile(
    join(folder, 'c.log'),
    `\n${lines
      .slice(2 * third)
      .join('')
      .trimEnd()}`,
  );
  const config = await writeConfig(
    folder,
    `admin: { listen: 127.0.0.1:${await freePort()} }
sources:
  files: { type: file, paths: ["*.log", "*.gz"], read: whole }
pipelines:
  main:
    from: files
    steps: [{ parse: syslog }]
    to:${outputs}
sinks:${sinks}
`,
  );
  const sluice = Sluice.spawn(t, config, { cwd: folder, args: ['--once'] });
  t.same(await sluice.ended(WITHIN_MS), { code: 0, signal: null });
  t.same(await numbers(), upTo(COUNT));
  t.equal(await redis.sum('ended:end'), COUNT);
});
