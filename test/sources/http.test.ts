import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request as httpRequest } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { deflateSync, gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { TRUNCATED } from '../../src/event/row.ts';
import { HttpSource } from '../../src/sources/http/source.ts';
import { httpSpec } from '../../src/sources/http/spec.ts';
import type { AckLevel } from '../../src/sources/source.ts';
import { CollectContext, until } from './collect-context.ts';

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

interface PostOptions {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly agent?: Agent;
}

async function run(
  t: Test,
  options: object = {},
  { ack = 'received', room = Infinity }: { ack?: AckLevel; room?: number } = {},
) {
  const context = new CollectContext({ ack });
  context.room = room;
  const source = new HttpSource(
    httpSpec.options.parse({ listen: '127.0.0.1:0', ...options }),
    context,
  );
  const sockets: Socket[] = [];
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy();
    await source.stop(AbortSignal.timeout(1000));
  });
  await source.start();
  const port = Number(source.listening[0]?.split(':').at(-1));
  const post = async (body: string | Buffer, options: PostOptions = {}): Promise<Answer> => {
    const request = httpRequest({
      port,
      host: '127.0.0.1',
      method: 'POST',
      agent: false,
      ...options,
    });
    request.end(body);
    const signal = AbortSignal.timeout(10_000);
    const [response] = (await once(request, 'response', { signal })) as [IncomingMessage];
    const { statusCode: status, headers } = response;
    return { status, headers, body: JSON.parse(await textOf(response)) as unknown };
  };
  /** Sends raw bytes; the answer is what comes until the connection ends or is quiet. */
  const raw = async (...pieces: string[]): Promise<string> => {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => undefined);
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    for (const piece of pieces) {
      socket.write(piece);
      await delay(5);
    }
    await Promise.race([once(socket, 'close'), delay(300)]);
    return answer;
  };
  return { context, source, port, post, raw };
}

t.test('lines, with and without the last line feed, are taken and counted', async (t) => {
  const { context, post } = await run(t);
  t.match(await post('{"a":1}\n{"b":"é"}\r\n\nplain text'), {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: { accepted: 3 },
  });
  t.same(
    context.stream.records.map(({ bytes }) => bytes.toString()),
    ['{"a":1}', '{"b":"é"}', 'plain text'],
  );
  t.equal(context.stream.records[0]?.peer?.address, '127.0.0.1');
  t.match(await post('', { path: '/ingest?x=1' }), { status: 200, body: { accepted: 0 } });
  t.match(await post(Buffer.alloc(2 ** 20 + 5, 'a')), {
    status: 200,
    body: { accepted: 1, truncated: 1 },
  });
  t.equal(context.stream.records[3]?.flags, TRUNCATED);
});

t.test('compressed bodies', async (t) => {
  const { context, post } = await run(t);
  const lines = Array.from({ length: 50_000 }, (_, line) => `{"line":${line}}`);
  const body = Buffer.from(`${lines.join('\n')}\n`);
  const twoMembers = Buffer.concat([
    gzipSync(body.subarray(0, 1000)),
    gzipSync(body.subarray(1000)),
  ]);
  for (const [encoding, bytes] of [
    ['gzip', gzipSync(body)],
    ['gzip', twoMembers],
    ['deflate', deflateSync(body)],
  ] as const) {
    const from = context.stream.records.length;
    const answer = await post(bytes, { headers: { 'content-encoding': encoding } });
    t.match(answer, { status: 200, body: { accepted: 50_000 } });
    t.ok(context.texts.slice(from).every((text, line) => text === lines[line]));
  }
  t.match(await post('x', { headers: { 'content-encoding': 'br' } }), {
    status: 415,
    body: { error: 'SLUICE_HTTP_ENCODING', message: /"br" is not supported; use gzip, deflate/ },
  });
});

t.test('damaged and hostile bodies are refused cheaply', async (t) => {
  const { context, post } = await run(t, { max_request: '2MiB', max_inflated: '8MiB' });
  const gzip = { headers: { 'content-encoding': 'gzip' } };
  const whole = gzipSync('a\nb\nc\n'.repeat(1000));
  t.match(await post(whole.subarray(0, -12), gzip), {
    status: 400,
    body: { error: 'SLUICE_HTTP_BODY', message: /damaged: unexpected end of file/ },
  });
  t.match(await post('not gzip at all', gzip), {
    status: 400,
    body: { error: 'SLUICE_HTTP_BODY', message: /damaged: incorrect header check/ },
  });

  const before = context.stream.records.length;
  const bomb = gzipSync(Buffer.alloc(200_000_000, '\n'.padStart(100_000, 'a')), { level: 9 });
  const cpu = process.cpuUsage();
  t.match(await post(bomb, gzip), { status: 413, body: { error: 'SLUICE_HTTP_RATIO' } });
  const used = process.cpuUsage(cpu);
  t.ok(used.user + used.system < 500_000, `${used.user + used.system} µs of CPU`);
  t.ok(context.stream.records.length - before < 100, 'it was not inflated');

  // Inflates to less than 100 times its size, but too much.
  const lines = Array.from({ length: 12_000 }, (_, line) =>
    createHash('sha256').update(String(line)).digest('hex').padEnd(1000, 'a'),
  );
  const large = gzipSync(lines.join('\n'), { level: 1 });
  t.ok(large.length < 2 ** 21 && large.length > 120_000, `${large.length}`);
  t.match(await post(large, gzip), { status: 413, body: { error: 'SLUICE_HTTP_TOO_LARGE' } });

  t.match(await post(Buffer.alloc(2 ** 21 + 1)), {
    status: 413,
    headers: { connection: 'close' },
    body: { error: 'SLUICE_HTTP_TOO_LARGE', message: 'the body is larger than 2097152 bytes' },
  });
  const chunked = { headers: { 'transfer-encoding': 'chunked' } };
  t.match(await post(Buffer.alloc(2 ** 21 + 1), chunked), { status: 413 });
  t.match(await post('still alive\n'), { status: 200, body: { accepted: 1 } });
});

t.test('paths, methods, headers', async (t) => {
  const { post, raw } = await run(t, { max_header: '2KiB' });
  t.match(await post('x', { path: '/nothing' }), {
    status: 404,
    body: {
      error: 'SLUICE_HTTP_PATH',
      message: 'no records are taken at "/nothing"; POST to / or /ingest',
    },
  });
  t.match(await post('', { method: 'GET' }), {
    status: 405,
    headers: { allow: 'POST' },
    body: { error: 'SLUICE_HTTP_METHOD', message: 'GET brings no records; use POST' },
  });
  t.match(
    await raw(`POST / HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(4000)}\r\n\r\n`),
    /^HTTP\/1.1 431 /,
  );
  t.match(
    await raw('this is not http\r\n\r\n'),
    /^HTTP\/1.1 400 .*"error":"SLUICE_HTTP_PROTOCOL"/s,
  );
  const expecting =
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n';
  t.match(await raw(expecting, 'a\n'), /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK/);
  t.match(await raw(expecting.replace('POST /', 'POST /x')), /^HTTP\/1.1 404 /);
});

t.test('pipelined requests are answered in order, on one connection', async (t) => {
  const { context, raw } = await run(t);
  const post = (body: string) =>
    `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const all = post('one\n') + post('two\nthree\n') + post('four\nfive\nsix');
  const answer = await raw(all.slice(0, 60), all.slice(60));
  t.same(
    [...answer.matchAll(/\{"accepted":(\d)\}/g)].map(([, count]) => count),
    ['1', '2', '3'],
  );
  t.same(context.texts, ['one', 'two', 'three', 'four', 'five', 'six']);
});

t.test('unfinished lines of many requests have a limit together', async (t) => {
  const { context, post, raw } = await run(t);
  const head = 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2000000\r\n\r\n';
  const endless = 'x'.repeat(900_000);
  const answers = Array.from({ length: 24 }, () => raw(head, endless));
  const refused = () => context.errors.filter(({ code }) => code === 'SLUICE_HTTP_BUSY');
  await until(() => refused().length >= 8, 'no more than 16 of them can hold 1 MiB each');
  t.match(
    refused()[0]?.detail,
    /unfinished lines fill the memory; 0 records of the request were taken/,
  );
  t.match(await post('a line\n'), { status: 200, body: { accepted: 1 } }, 'short lines go on');
  await Promise.all(answers);
});

t.test('without room: 429 and nothing taken; with room again it works', async (t) => {
  const { context, post } = await run(t, { room_timeout: '50ms' }, { room: 0 });
  t.match(await post('a\nb\n'), {
    status: 429,
    headers: { 'retry-after': '1' },
    body: {
      error: 'SLUICE_HTTP_BUSY',
      message: 'no room now: 0 records of the request were taken',
    },
  });
  t.equal(context.texts.length, 0);
  const waiting = post('c\nd\n'.repeat(10_000));
  context.stream.setRoom(3);
  await until(() => context.texts.length === 3, 'the beginning was taken');
  await delay(100); // longer than the room_timeout: what is begun is not refused for that
  context.stream.setRoom(Infinity);
  t.match(await waiting, { status: 200, body: { accepted: 20_000 } });
});

t.test('many that wait for room: the next ones are refused at once', async (t) => {
  const { context, post } = await run(t, { room_timeout: '60s' }, { room: 0 });
  const agent = new Agent({ keepAlive: true });
  t.teardown(() => agent.destroy());
  const answers = Array.from({ length: 20 }, () => post('a\n', { agent }));
  const first = await Promise.race(answers);
  t.equal(first.status, 429);
  await until(() => context.codes.length === 4, 'four refused');
  context.stream.setRoom(Infinity);
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  t.equal(statuses.filter((status) => status === 200).length, 16);
  t.equal(context.texts.length, 16, 'those that were refused were not taken');
});

t.test('the answer waits for the acknowledgement level', async (t) => {
  const { context, post } = await run(t, { ack_timeout: '200ms' }, { ack: 'delivered' });
  let answered = false;
  const waiting = post('a\n').then((answer) => {
    answered = true;
    return answer;
  });
  await until(() => context.texts.length === 1, 'taken');
  await delay(50);
  t.equal(answered, false);
  context.stream.deliver();
  t.match(await waiting, { status: 200, body: { accepted: 1 } });
  t.match(await post('b\n'), {
    status: 504,
    headers: { 'retry-after': '1' },
    body: {
      error: 'SLUICE_HTTP_ACK_TIMEOUT',
      message: 'the records are not delivered after 200 ms',
    },
  });
});

t.test('validate: one bad line refuses the request, with line numbers', async (t) => {
  const { context, post } = await run(t, { validate: true, max_request: '64KiB' });
  t.match(await post('{"a":1}\n\n{"a":}\n[1]\nnope'), {
    status: 400,
    body: {
      error: 'SLUICE_HTTP_INVALID_LINES',
      message: '2 of 5 lines are not JSON; nothing was taken',
      lines: [{ line: 3 }, { line: 5 }],
    },
  });
  t.equal(context.texts.length, 0);
  t.match(await post(gzipSync('{"a":1}\n{"a":2}'), { headers: { 'content-encoding': 'gzip' } }), {
    status: 200,
    body: { accepted: 2 },
  });
  t.match(
    await post(gzipSync('{}\n'.repeat(30_000)), { headers: { 'content-encoding': 'gzip' } }),
    {
      status: 413,
      body: { error: 'SLUICE_HTTP_TOO_LARGE' },
    },
  );
});

t.test('slow senders are timed out, connections limited', async (t) => {
  const { context, port, raw, post } = await run(t, {
    request_timeout: '100ms',
    max_connections: 3,
  });
  t.match(
    await raw('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nab'),
    /^HTTP\/1.1 408 /,
  );
  t.same(context.texts, [], 'half a line of a broken request is not taken');
  await until(() => context.connections === 0, 'closed');
  const idle = Array.from({ length: 4 }, () =>
    connect(port, '127.0.0.1').on('error', () => undefined),
  );
  t.teardown(() => {
    for (const socket of idle) socket.destroy();
  });
  await until(() => context.codes.includes('SLUICE_CONNECTION_LIMIT'), 'a refused one');
  await until(() => context.connections === 0, 'silent ones are closed');
  t.match(await post('a\n'), { status: 200 });
});

t.test('a sender that goes away is counted, the next is served', async (t) => {
  const { context, port, post } = await run(t);
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nwhole\nhal');
  await until(() => context.texts.length === 1, 'first line');
  socket.resetAndDestroy();
  await until(() => context.codes.includes('SLUICE_HTTP_BODY'), 'counted');
  t.same(context.texts, ['whole']);
  t.match(await post('next\n'), { status: 200, body: { accepted: 1 } });
});

t.test('stop answers the request that is under way', async (t) => {
  const { context, source, post } = await run(t, {}, { room: 0 });
  const waiting = post('a\n');
  await until(() => context.connections === 1, 'request');
  await delay(20);
  const stopped = source.stop(AbortSignal.timeout(5000));
  context.stream.setRoom(10);
  t.match(await waiting, { status: 200, body: { accepted: 1 } });
  await stopped;
  t.equal(context.stream.closed, true);
});

t.test('a taken port', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.teardown(() => other.close());
  const { port } = other.address() as { port: number };
  const options = httpSpec.options.parse({ listen: `127.0.0.1:${port}` });
  await t.rejects(new HttpSource(options, new CollectContext()).start(), {
    code: 'SLUICE_LISTEN_IN_USE',
    message: `cannot listen on tcp 127.0.0.1:${port}`,
  });
});
