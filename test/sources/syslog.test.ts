import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { SluiceError } from '../../src/errors/codes.ts';
import { PARTIAL, TRUNCATED } from '../../src/event/row.ts';
import { ReceiveArea } from '../../src/sources/receive-area.ts';
import { kernelDrops } from '../../src/sources/syslog/kernel-drops.ts';
import { receive } from '../../src/sources/syslog/receive.ts';
import { SyslogSource } from '../../src/sources/syslog/source.ts';
import { syslogSpec } from '../../src/sources/syslog/spec.ts';
import { CollectContext, until } from './collect-context.ts';

const LOOPBACK = '127.0.0.1:0';

interface Running {
  readonly context: CollectContext;
  readonly source: SyslogSource;
  readonly ports: Record<'tcp' | 'udp', number>;
  readonly connect: () => Promise<Socket>;
}

async function run(t: Test, options: object, room = Infinity): Promise<Running> {
  const context = new CollectContext();
  context.room = room;
  const source = new SyslogSource(syslogSpec.options.parse(options), context);
  const sockets: Socket[] = [];
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy();
    await source.stop(AbortSignal.timeout(2000));
  });
  await source.start();
  const port = (protocol: string): number =>
    Number(
      source.listening
        .find((each) => each.startsWith(protocol))
        ?.split(':')
        .at(-1),
    );
  const ports = { tcp: port('tcp'), udp: port('udp') };
  const open = async (): Promise<Socket> => {
    const socket = connect(ports.tcp, '127.0.0.1');
    socket.on('error', () => undefined);
    sockets.push(socket);
    await once(socket, 'connect', { signal: AbortSignal.timeout(5000) });
    return socket;
  };
  return { context, source, ports, connect: open };
}

async function written(socket: Socket, bytes: string | Buffer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

t.test('both framings on one connection, records cut across packets, peer of each', async (t) => {
  const { context, connect } = await run(t, { tcp: LOOPBACK });
  const socket = await connect();
  socket.setNoDelay(true);
  const bytes = Buffer.from('<1>line\r\n11 <2>two\nrows<3>nul\0\n 7 <4>\0€\n<5>last\n');
  for (const piece of [3, 9, 10, 11, 14, 23, 30, 36, bytes.length].entries()) {
    const [turn, end] = piece;
    const start = [0, 3, 9, 10, 11, 14, 23, 30, 36][turn] ?? 0;
    await written(socket, bytes.subarray(start, end));
    await delay(2);
  }
  await until(() => context.texts.length === 5, 'records');
  t.same(
    context.stream.records.map((record) => record.bytes.toString()),
    ['<1>line', '<2>two\nrows', '<3>nul', '<4>\0€', '<5>last'],
  );
  t.same(context.stream.records[4]?.peer, { address: '127.0.0.1', port: socket.localPort });
  t.equal(context.bytes, bytes.length);
  t.equal(context.connections, 1);
  socket.end();
  await until(() => context.connections === 0, 'connection closed');
});

t.test('a 10 MB line is truncated, flagged and counted; the next record is whole', async (t) => {
  const { context, connect } = await run(t, { tcp: LOOPBACK });
  const socket = await connect();
  const long = Buffer.alloc(10_000_000, 'a');
  await written(socket, Buffer.concat([Buffer.from('<1>'), long, Buffer.from('\n<2>next\n')]));
  await written(socket, Buffer.concat([Buffer.from('10000003 <3>'), long, Buffer.from('<4>z\n')]));
  await until(() => context.texts.length === 4, 'records');
  t.same(
    context.stream.records.map(({ bytes, flags }) => [bytes.length, flags]),
    [
      [2 ** 20, TRUNCATED],
      [7, 0],
      [2 ** 20, TRUNCATED],
      [4, 0],
    ],
  );
  t.same(context.codes, ['SLUICE_EVENT_TOO_LONG', 'SLUICE_EVENT_TOO_LONG']);
  t.match(context.errors[0]?.detail, /^127\.0\.0\.1:\d+: record truncated at 1048576 bytes$/);
});

t.test('a malformed octet count closes the connection and names peer and offset', async (t) => {
  const { context, connect } = await run(t, { tcp: LOOPBACK, framing: 'octet' });
  const socket = await connect();
  const { localPort } = socket;
  const closed = once(socket, 'close', { signal: AbortSignal.timeout(5000) });
  socket.resume();
  socket.write('4 <1>anonsense\n');
  await closed;
  t.same(context.texts, ['<1>a']);
  t.same(context.errors, [
    {
      code: 'SLUICE_FRAME_INVALID',
      detail: `127.0.0.1:${localPort}: malformed octet count at byte 6; connection closed`,
      peer: { address: '127.0.0.1', port: localPort },
    },
  ]);
});

t.test('what an ending connection leaves behind', async (t) => {
  const { context, connect } = await run(t, { tcp: LOOPBACK });
  const whole = await connect();
  whole.end('<1>without line feed');
  await until(() => context.texts.length === 1, 'last line');
  const announced = await connect();
  announced.end('50 <2>announced more');
  await until(() => context.texts.length === 2, 'incomplete frame');
  const reset = await connect();
  await written(reset, '<3>broken');
  await until(() => context.bytes === 49, 'bytes of the third');
  reset.resetAndDestroy();
  await until(() => context.texts.length === 3, 'broken line');
  t.same(
    context.stream.records.map(({ bytes, flags }) => [bytes.toString(), flags]),
    [
      ['<1>without line feed', 0],
      ['<2>announced more', PARTIAL],
      ['<3>broken', PARTIAL],
    ],
  );
  t.same(context.codes, [
    'SLUICE_FRAME_INCOMPLETE',
    'SLUICE_CONNECTION_FAILED',
    'SLUICE_FRAME_INCOMPLETE',
  ]);
});

t.test('without room the senders wait, and nothing is lost afterwards', async (t) => {
  const { context, connect } = await run(t, { tcp: LOOPBACK }, 10);
  const senders = await Promise.all([connect(), connect(), connect()]);
  const lines = 20_000;
  const padding = ' '.repeat(900);
  const sent = senders.map(async (socket, sender) => {
    for (let from = 0; from < lines; from += 1000) {
      const block = Array.from(
        { length: 1000 },
        (_, line) => `<1>s${sender} ${from + line}${padding}\n`,
      );
      if (!socket.write(block.join(''))) await once(socket, 'drain');
    }
    socket.end();
  });
  await until(() => context.texts.length === 10, 'the room is used');
  await delay(200);
  t.equal(context.stream.records.length, 10, 'no room, no records');
  const taken = context.bytes;
  t.ok(taken <= 3 * 128 * 1024, `no more than a chunk of each sender was read: ${taken}`);
  t.ok(
    senders.every((socket) => socket.writableLength > 0),
    'the senders are blocked',
  );
  // Room in small steps: each sender gets its turn.
  for (let step = 0; step < 30; step += 1) {
    context.stream.setRoom(1000);
    await until(() => context.stream.records.length >= 1000 * (step + 1), 'a step');
  }
  const served = [0, 1, 2].map(
    (sender) => context.texts.filter((text) => text.startsWith(`<1>s${sender} `)).length,
  );
  t.ok(Math.min(...served) > 3000, `fair: ${served.join(' ')}`);
  context.stream.setRoom(Infinity);
  await Promise.all(sent);
  await until(() => context.stream.records.length === 3 * lines, 'all records');
  for (const sender of [0, 1, 2]) {
    const own = context.texts.filter((text) => text.startsWith(`<1>s${sender} `));
    t.ok(
      own.every((text, at) => text.trimEnd() === `<1>s${sender} ${at}`),
      'complete and in order',
    );
  }
  t.same(context.errors, []);
});

t.test('connections beyond the limit are refused and counted', async (t) => {
  const { context, connect } = await run(t, { tcp: LOOPBACK, max_connections: 2 });
  const [first] = [await connect(), await connect()];
  await until(() => context.connections === 2, 'two connections');
  const third = await connect();
  third.resume();
  await once(third, 'close', { signal: AbortSignal.timeout(5000) });
  t.same(context.codes, ['SLUICE_CONNECTION_LIMIT']);
  first.end('<1>still served\n');
  await until(() => context.texts.length === 1, 'record');
  await until(() => context.connections === 1, 'a place is free');
  const fourth = await connect();
  fourth.end('<1>again\n');
  await until(() => context.texts.length === 2, 'record of the fourth');
});

t.test('idle connections cost little and time out', async (t) => {
  const { context, connect } = await run(t, { tcp: LOOPBACK, idle_timeout: '700ms' });
  const before = process.memoryUsage();
  const sockets = await Promise.all(Array.from({ length: 500 }, connect));
  for (const socket of sockets) socket.write('<1>half a line of the usual length, not finished');
  await until(() => context.bytes === 500 * 48, 'bytes of all');
  t.equal(context.connections, 500);
  const after = process.memoryUsage();
  const each = (after.arrayBuffers + after.external - before.arrayBuffers - before.external) / 500;
  t.ok(each < 8 * 1024, `${each} bytes of buffers for a connection`);
  const [alive] = sockets;
  const awake = setInterval(() => alive?.write('.'), 100);
  await until(() => context.connections === 1, 'idle ones are closed');
  clearInterval(awake);
  t.equal(context.texts.length, 499, 'and their half lines are passed on');
});

t.test('unfinished records of all senders together stay within their limit', async (t) => {
  const { context, connect } = await run(t, {
    tcp: LOOPBACK,
    max_event: '1MiB',
    max_partial: '2MiB',
  });
  const good = await connect();
  await written(good, '<1>half ');
  const bad = await Promise.all(Array.from({ length: 8 }, connect));
  await Promise.all(bad.map((socket) => written(socket, Buffer.alloc(900_000, 'a'))));
  await until(() => context.bytes === 8 * 900_000 + 8, 'all bytes');
  const cut = context.codes.filter((code) => code === 'SLUICE_PARTIAL_LIMIT').length;
  t.ok(cut >= 4 && cut <= 30, `${cut} cut`);
  await written(good, 'whole\n');
  for (const socket of bad) socket.end('\n<2>next\n');
  await until(() => context.connections === 1, 'senders are gone');
  const whole = context.stream.records.filter(({ flags }) => flags === 0);
  t.equal(whole.filter(({ bytes }) => bytes.toString() === '<1>half whole').length, 1);
  t.equal(whole.filter(({ bytes }) => bytes.toString() === '<2>next').length, 8);
});

t.test('stop reads what was sent, then closes', async (t) => {
  const { context, source, connect } = await run(t, { tcp: LOOPBACK });
  const socket = await connect();
  socket.on('end', () => socket.end('<1>said in farewell\n'));
  socket.resume();
  await until(() => context.connections === 1, 'connection');
  await source.stop(AbortSignal.timeout(5000));
  await source.done();
  t.same(context.texts, ['<1>said in farewell']);
  t.equal(context.stream.closed, true);
  t.equal(context.connections, 0);
});

t.test('a taken port is an error that says what to do', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.teardown(() => other.close());
  const { port } = other.address() as { port: number };
  const options = syslogSpec.options.parse({ tcp: `127.0.0.1:${port}` });
  const source = new SyslogSource(options, new CollectContext());
  const error = await source.start().catch((reason: unknown) => reason);
  t.ok(error instanceof SluiceError);
  t.match(error, {
    code: 'SLUICE_LISTEN_IN_USE',
    message: `cannot listen on tcp 127.0.0.1:${port}: listen EADDRINUSE: address already in use 127.0.0.1:${port}`,
  });
  const foreign = syslogSpec.options.parse({ udp: '192.0.2.1:5514' });
  await t.rejects(new SyslogSource(foreign, new CollectContext()).start(), {
    code: 'SLUICE_LISTEN_ADDRESS',
  });
});

t.test('udp: a datagram is a record; without room it is dropped and counted', async (t) => {
  const { context, ports } = await run(t, { udp: LOOPBACK, max_event: '8KiB' }, 3);
  const socket = createSocket('udp4');
  t.teardown(() => socket.close());
  const send = (text: string | Buffer): void => socket.send(text, ports.udp, '127.0.0.1');
  send('<1>one\n');
  send('<1>two\nrows\r\n\0');
  send('\n');
  send(Buffer.alloc(9000, 'a'));
  await until(() => context.texts.length === 3, 'datagrams');
  t.same(context.texts.slice(0, 2), ['<1>one', '<1>two\nrows']);
  t.same(context.stream.records[2]?.bytes.length, 8192);
  t.same(context.stream.records[2]?.flags, TRUNCATED);
  t.same(context.stream.records[0]?.peer, { address: '127.0.0.1', port: socket.address().port });
  t.equal(context.stream.options.reserved, true);
  send('<1>no room');
  await until(() => context.discarded.no_room === 1, 'drop');
  t.same(context.discarded, { empty: 1, no_room: 1 });
});

t.test('udp: the kernel’s drops are exported', async (t) => {
  const { context, source, ports } = await run(t, { udp: LOOPBACK, receive_buffer: '4KiB' });
  const socket = createSocket('udp4');
  t.teardown(() => socket.close());
  await until(() => context.kernelDrops === 0, 'first reading');
  const datagram = Buffer.alloc(1000, 'a');
  let sent = 0;
  // The receiver gets no turn as long as this loop runs.
  for (; sent < 200; sent += 1) socket.send(datagram, ports.udp, '127.0.0.1');
  await until(() => (context.kernelDrops ?? 0) > 0, 'drops');
  await source.stop(AbortSignal.timeout(2000));
  t.equal(context.texts.length + (context.kernelDrops ?? 0), sent);
});

t.test('receive: with the own buffer and with data events', async (t) => {
  for (const ownBuffer of [true, false]) {
    const area = new ReceiveArea(1000);
    const taken: Buffer[] = [];
    let length = 0;
    let reading: Socket | undefined;
    const server = createServer({ pauseOnConnect: true }, (accepted) => {
      reading = receive(
        accepted,
        area,
        (chunk, headroom) => {
          t.ok(chunk.length <= 1000 && chunk.byteOffset >= headroom);
          taken.push(Buffer.from(chunk));
          length += chunk.length;
        },
        ownBuffer,
      );
      t.equal(reading === accepted, !ownBuffer);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = connect((server.address() as { port: number }).port, '127.0.0.1');
    t.teardown(() => {
      socket.destroy();
      server.close();
    });
    const bytes = Buffer.from(Array.from({ length: 5000 }, (_, k) => k % 251));
    await written(socket, bytes);
    await until(() => length === bytes.length, 'all bytes');
    reading?.pause();
    const before = reading?.bytesRead;
    await written(socket, bytes);
    await delay(20);
    t.equal(length, bytes.length, 'paused');
    if (ownBuffer) t.equal(reading?.bytesRead, before, 'nothing was read');
    reading?.resume();
    await until(() => length === 2 * bytes.length, 'the rest');
    t.same(Buffer.concat(taken), Buffer.concat([bytes, bytes]));
    const ended = once(reading as Socket, 'close', { signal: AbortSignal.timeout(5000) });
    socket.end();
    await ended;
  }
});

t.test('/proc/net/udp: address and drops', async (t) => {
  const table = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
 1147: 0100007F:158A 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 46386 2 0000000000000000 17
 1148: 00000000:158A 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 46387 2 0000000000000000 4
`;
  const table6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
 1147: 00000000000000000000000001000000:158A 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1 2 0 9
 1147: B80D0120000000000000000001000000:158A 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1 2 0 8
`;
  t.equal(kernelDrops(table, { host: '127.0.0.1', port: 5514 }), 17);
  t.equal(kernelDrops(table, { host: '0.0.0.0', port: 5514 }), 4);
  t.equal(kernelDrops(table, { host: '0.0.0.0', port: 5515 }), undefined);
  t.equal(kernelDrops(table6, { host: '::1', port: 5514 }), 9);
  t.equal(kernelDrops(table6, { host: '2001:db8::1', port: 5514 }), 8);
});

t.test('the specification refuses what makes no sense', async (t) => {
  const check = (options: object) =>
    syslogSpec.check(syslogSpec.options.parse(options)).map(({ message }) => message);
  t.same(check({}), ['a syslog source needs tcp, udp or both']);
  t.same(check({ tcp: 5514, timezone: 'Mars/Olympus' }), [
    "'Mars/Olympus' is not a time zone; write it like UTC or Europe/Berlin",
  ]);
  t.same(check({ tcp: 5514, max_partial: '64KiB' }), [
    'an unfinished record may reach max_event: at least 1MiB is needed',
  ]);
  t.same(check({ tcp: 5514, udp: 5514, timezone: 'Europe/Berlin' }), []);
});
