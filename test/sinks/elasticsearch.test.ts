import t from 'tap';
import { options as schema } from '../../src/sinks/elasticsearch/spec.ts';
import { itemVerdict, requestVerdict } from '../../src/sinks/elasticsearch/verdict.ts';
import { ElasticsearchWriter } from '../../src/sinks/elasticsearch/write.ts';
import { ownStack } from '../stack.ts';
import { delivered, onlyRow, payload, runOf, soon, untilSettled } from './payloads.ts';
import { answering } from './peer.ts';

const writerFor = (url: string, more: object = {}) =>
  new ElasticsearchWriter(schema.parse({ nodes: [url], timeout: '30s', ...more }));

const create = (index: string, id: string | number, document: object) =>
  `{"create":{"_index":"${index}","_id":"${id}"}}\n${JSON.stringify(document)}\n`;

t.test('an item is done, repeated or refused by its status', async (t) => {
  t.equal(itemVerdict({ status: 201 }), 'delivered');
  t.equal(
    itemVerdict({ status: 409, error: { type: 'version_conflict_engine_exception' } }),
    'duplicate',
  );
  const error = { type: 'x', reason: 'y', caused_by: { type: 'z', reason: 'w' } };
  t.same(itemVerdict({ status: 400, error }), {
    kind: 'reject',
    code: 'SLUICE_ROW_REFUSED',
    reason: 'x: y; caused by z: w',
  });
  const codes = [429, 503, 500, 403, 404].map((status) => itemVerdict({ status }));
  t.match(codes, [
    { kind: 'retry', code: 'SLUICE_SINK_BUSY' },
    { kind: 'retry', code: 'SLUICE_SINK_BUSY' },
    { kind: 'retry', code: 'SLUICE_SINK_FAULT' },
    { kind: 'retry', code: 'SLUICE_SINK_ACCESS' },
    { kind: 'retry', code: 'SLUICE_SINK_TARGET' },
  ]);
  t.match(itemVerdict(undefined), { kind: 'retry', code: 'SLUICE_SINK_FAULT' });
});

t.test('a request is split, or sent again later', async (t) => {
  t.match(requestVerdict(413, 'r'), { kind: 'split', ifAlone: { code: 'SLUICE_ROW_TOO_LARGE' } });
  t.match(requestVerdict(400, 'r'), { kind: 'split', ifAlone: { code: 'SLUICE_ROW_REFUSED' } });
  t.same(requestVerdict(429, 'r', 3000), {
    kind: 'retry',
    code: 'SLUICE_SINK_BUSY',
    reason: 'r',
    afterMs: 3000,
  });
  t.match(requestVerdict(401, 'r'), { kind: 'retry', code: 'SLUICE_SINK_ACCESS' });
  t.match(requestVerdict(404, 'r'), { kind: 'retry', code: 'SLUICE_SINK_TARGET' });
  t.match(requestVerdict(500, 'r'), { kind: 'retry', code: 'SLUICE_SINK_FAULT' });
});

t.test('trouble of the whole request', async (t) => {
  const events = [create('a', 1, {}), create('a', 2, {}), create('a', 3, {})];
  const seen: number[] = [];
  let status = 429;
  const url = await answering(t, (request, response) => {
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
    });
    request.on('end', () => {
      seen.push(length);
      const tooLarge = status === 413 && length <= 50;
      response.writeHead(tooLarge ? 200 : status, {
        'content-type': 'application/json',
        'x-elastic-product': 'Elasticsearch',
        'retry-after': '2',
      });
      response.end(
        tooLarge ? '{"errors":false,"items":[]}' : '{"error":{"type":"t","reason":"r"},"status":0}',
      );
    });
  });
  const writer = writerFor(url);
  t.teardown(() => writer.close(soon()));

  const busy = await writer.write(runOf(events), soon());
  t.same(busy, [{ kind: 'retry', code: 'SLUICE_SINK_BUSY', reason: 't: r', afterMs: 2000 }]);
  status = 403;
  const refused = await writer.write(runOf(events), soon());
  t.match(refused, [{ kind: 'retry', code: 'SLUICE_SINK_ACCESS', misconfigured: true }]);
  t.equal(seen.length, 2, 'the client itself sends nothing twice');

  seen.length = 0;
  status = 413;
  const big = create('a', 9, { message: 'x'.repeat(100) });
  const [one, two] = await writer.write(runOf([events[0] ?? '', big], [events[1] ?? '']), soon());
  t.match(onlyRow(one), { row: 1, kind: 'reject', code: 'SLUICE_ROW_TOO_LARGE' });
  t.same(two, delivered);
  t.ok(seen.length <= 5, 'halves, not pieces');
});

t.test('another product, and nobody', async (t) => {
  const url = await answering(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{}');
  });
  const wrong = writerFor(url);
  t.teardown(() => wrong.close(soon()));
  await t.rejects(wrong.connect(soon()), { code: 'SLUICE_SINK_PRODUCT' });
  const verdicts = await wrong.write(runOf([create('a', 1, {})]), soon());
  t.match(verdicts, [{ kind: 'retry', code: 'SLUICE_SINK_PRODUCT', misconfigured: true }]);

  const nobody = writerFor('http://127.0.0.1:1');
  t.teardown(() => nobody.close(soon()));
  await t.rejects(nobody.connect(soon()), { code: 'SLUICE_SINK_UNREACHABLE' });
  t.match(await nobody.write(runOf([create('a', 1, {})]), soon()), [
    { kind: 'retry', code: 'SLUICE_SINK_UNREACHABLE' },
  ]);
  t.match(await nobody.write(runOf([create('a', 1, {})]), AbortSignal.abort()), [
    { kind: 'retry', code: 'SLUICE_SINK_STOPPED' },
  ]);
});

t.test('a real store', async (t) => {
  const stack = await ownStack(t, ['elasticsearch']);
  const url = stack.url('elasticsearch');
  const call = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return (await answer.json()) as { count: number };
  };
  const count = async (index: string) =>
    (await call('GET', `/${index}/_count?ignore_unavailable=true`)).count;
  const writer = writerFor(url);
  t.teardown(() => writer.close(soon()));
  await writer.connect(soon());

  await t.test('each event once, whatever comes twice', async (t) => {
    const pieces = Array.from({ length: 1000 }, (_, n) => create('once', n, { n }));
    const run = runOf(pieces.slice(0, 400), pieces.slice(400));
    t.same(await writer.write(run, soon()), [delivered, delivered]);
    t.same(await writer.write(run, soon()), [
      { kind: 'delivered', duplicates: 400 },
      { kind: 'delivered', duplicates: 600 },
    ]);
    await call('POST', '/once/_refresh');
    t.equal(await count('once'), 1000);
  });

  await t.test('one bad event in a thousand', async (t) => {
    await call('PUT', '/strict', { mappings: { properties: { n: { type: 'long' } } } });
    const pieces = Array.from({ length: 1000 }, (_, n) =>
      create('strict', n, { n: n === 617 ? 'many' : n }),
    );
    const [first, second] = await writer.write(
      runOf(pieces.slice(0, 500), pieces.slice(500)),
      soon(),
    );
    t.same(first, delivered);
    const bad = onlyRow(second);
    t.match(bad, { row: 117, kind: 'reject', code: 'SLUICE_ROW_REFUSED' });
    t.match(bad.reason, /failed to parse.*\[n\].*many/);
    await call('POST', '/strict/_refresh');
    t.equal(await count('strict'), 999);
  });

  await t.test('nodes in turn, past one that is down', async (t) => {
    const turns = new ElasticsearchWriter(schema.parse({ nodes: ['http://127.0.0.1:1', url] }));
    const pieces = Array.from({ length: 10 }, (_, n) => create('turns', n, { n }));
    for (let turn = 0; turn < 10; turn++) {
      await untilSettled(() => turns.write(runOf([pieces[turn] ?? '']), soon()), 5);
    }
    await call('POST', '/turns/_refresh');
    t.equal(await count('turns'), 10);
    await turns.close(soon());
  });

  await t.test('an unreadable body: the good pieces land', async (t) => {
    const pieces = Array.from({ length: 50 }, (_, n) => create('halves', n, { n }));
    pieces[20] = '{"nonsense":{"_index":"halves"}}\n{}\n';
    const [verdict] = await writer.write([payload(pieces)], soon());
    t.match(onlyRow(verdict), { row: 20, kind: 'reject', code: 'SLUICE_ROW_REFUSED' });
    await call('POST', '/halves/_refresh');
    t.equal(await count('halves'), 49);
  });

  await t.test('an index that must not be made by itself', async (t) => {
    await call('PUT', '/_cluster/settings', {
      persistent: { 'action.auto_create_index': '-manual*,+*' },
    });
    const [verdict] = await writer.write(runOf([create('manual-1', 1, {})]), soon());
    t.match(verdict, { kind: 'retry', code: 'SLUICE_SINK_TARGET', misconfigured: true });
  });

  await t.test('gzip', async (t) => {
    const compressing = writerFor(url, { compress: true });
    t.same(
      await compressing.write(runOf([create('gzip', 1, {})], [create('gzip', 2, {})]), soon()),
      [delivered, delivered],
    );
    await compressing.close(soon());
  });

  await t.test('frozen, then killed and started again', async (t) => {
    const server = stack.server('elasticsearch');
    await server.kill('SIGSTOP');
    const hasty = writerFor(url, { timeout: '500ms' });
    const frozen = await hasty.write(runOf([create('again', 1, {})]), soon());
    await hasty.close(soon());
    t.match(frozen, [{ kind: 'retry', code: 'SLUICE_SINK_TIMEOUT' }]);
    await server.kill('SIGCONT');
    await untilSettled(() => writer.write(runOf([create('again', 1, {})]), soon()));

    const pending = writer.write(runOf([create('again', 2, {})]), soon());
    await server.kill('SIGKILL');
    await pending;
    const dead = await writer.write(runOf([create('again', 2, {})]), soon());
    t.match(dead, [{ kind: 'retry', code: 'SLUICE_SINK_UNREACHABLE' }]);
    await server.restart();
    await untilSettled(() => writer.write(runOf([create('again', 2, {})]), soon()));
    await call('POST', '/again/_refresh');
    t.equal(await count('again'), 2);
  });
});
