import pg from 'pg';
import t from 'tap';
import { output as outputSchema, options as schema } from '../../src/sinks/postgres/spec.ts';
import { typeFits } from '../../src/sinks/postgres/sql.ts';
import { copyLine, reasonOf, stateVerdict } from '../../src/sinks/postgres/verdict.ts';
import { PostgresWriter } from '../../src/sinks/postgres/write.ts';
import { ownStack } from '../stack.ts';
import { context, delivered, onlyRow, payload, runOf, soon, untilSettled } from './payloads.ts';

t.test('a SQLSTATE means the row, or later', async (t) => {
  for (const state of ['22P02', '23505', '23514', '54000', 'P0001']) {
    t.same(stateVerdict(state), { kind: 'isolate' }, state);
  }
  const codes = {
    '08006': 'UNREACHABLE',
    '25006': 'BUSY',
    '28P01': 'ACCESS',
    '3D000': 'TARGET',
    '40P01': 'BUSY',
    '42501': 'ACCESS',
    '42P01': 'TARGET',
    '42703': 'TARGET',
    '53300': 'BUSY',
    '57014': 'TIMEOUT',
    '57P01': 'BUSY',
    XX000: 'FAULT',
  };
  for (const [state, code] of Object.entries(codes)) {
    t.same(stateVerdict(state), { kind: 'retry', code: `SLUICE_SINK_${code}` }, state);
  }
  t.equal(copyLine('COPY sluice_staging, line 17, column n: "x"'), 16);
  t.equal(copyLine('SQL statement "…"'), undefined);
  t.equal(
    reasonOf({
      code: '22P02',
      message: 'bad',
      where: 'COPY s, line 1, column n: "x"',
      detail: 'a\nb',
    }),
    '22P02: bad; column n; a b',
  );
});

t.test('a column takes the types that can hold it', async (t) => {
  t.ok(typeFits('uuid', 'text'));
  t.ok(typeFits('bigint', 'numeric'));
  t.ok(typeFits('text', 'mood'), 'a type of the user: he knows');
  t.notOk(typeFits('text', 'jsonb'));
  t.notOk(typeFits('bigint', 'integer'));
});

t.test('a real database', async (t) => {
  const stack = await ownStack(t, ['postgres']);
  const url = stack.url('postgres');
  const admin = new pg.Pool({ connectionString: url, max: 1 });
  admin.on('error', () => undefined);
  t.teardown(() => admin.end());
  const count = async (table: string): Promise<number> => {
    const { rows } = await admin.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`);
    return rows[0]?.n ?? -1;
  };
  const writerFor = (table: string, more: object = {}, address = url, timeout = '30s') =>
    new PostgresWriter(
      schema.parse({ url: address, timeout }),
      outputSchema.parse({ table, columns: { id: 'n', text: 'message' }, ...more }),
      context,
    );
  const typed = { columns: { id: { field: 'n', type: 'bigint' }, text: 'message' } };
  const rows = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, n) => `${from + n}\trow ${from + n}\\t\n`);

  await admin.query(`CREATE TABLE events (id bigint PRIMARY KEY, text text, seen timestamptz NOT NULL DEFAULT now(),
    CHECK (id <> 666))`);
  const writer = writerFor('public.events', typed);
  t.teardown(() => writer.close(soon()));
  await writer.connect(soon());

  await t.test('each row once, whatever comes twice', async (t) => {
    const run = runOf(rows(0, 400), rows(400, 600));
    t.same(await writer.write(run, soon()), [delivered, delivered]);
    const longer = runOf(rows(500, 600), rows(600, 650));
    t.same(await writer.write(longer, soon()), [{ kind: 'delivered', duplicates: 100 }, delivered]);
    t.equal(await count('events'), 650);
    const { rows: found } = await admin.query('SELECT text FROM events WHERE id = 7');
    t.same(found, [{ text: 'row 7\t' }]);
  });

  await t.test('one bad row in a thousand: a constraint, found by halving', async (t) => {
    await admin.query('TRUNCATE events');
    const [first, second] = await writer.write(runOf(rows(0, 600), rows(600, 1000)), soon());
    t.same(first, delivered);
    const bad = onlyRow(second);
    t.match(bad, { row: 66, kind: 'reject', code: 'SLUICE_ROW_REFUSED' });
    t.match(bad.reason, /^23514: .*violates check constraint/);
    t.equal(await count('events'), 999);
  });

  await t.test('bad values in COPY text: the server names the line', async (t) => {
    await admin.query('TRUNCATE events');
    const pieces = rows(0, 300);
    for (const n of [0, 150, 299]) pieces[n] = 'many\tx\n';
    const [verdict] = await writer.write([payload(pieces)], soon());
    t.equal(verdict?.kind, 'rows');
    const refused = verdict?.kind === 'rows' ? [...verdict.rows] : [];
    t.same(
      refused.map(([row]) => row).sort((a, b) => a - b),
      [0, 150, 299],
    );
    t.match(
      refused[0]?.[1].reason,
      /^22P02: invalid input syntax for type bigint: "many"; column id/,
    );
    t.equal(await count('events'), 297);
  });

  await t.test('nothing but bad rows: each is found, a bounded number at a time', async (t) => {
    const pieces = Array.from({ length: 100 }, () => 'many\tx\n');
    const [verdict] = await writer.write([payload(pieces)], soon());
    const kinds =
      verdict?.kind === 'rows' ? [...verdict.rows.values()].map(({ kind }) => kind) : [];
    t.equal(kinds.length, 100);
    t.equal(kinds.filter((kind) => kind === 'reject').length, 63);
  });

  await t.test('what is missing is named, with the statement that helps', async (t) => {
    const cases: [PostgresWriter, RegExp | string][] = [
      [
        writerFor('public.nothing', { columns: { id: 'event.id', at: '@timestamp' } }),
        'table public.nothing does not exist in this database; this would do: ' +
          'CREATE TABLE IF NOT EXISTS "public"."nothing" ("id" uuid, "at" timestamptz, PRIMARY KEY ("id"));',
      ],
      [
        writerFor('events', { columns: { id: 'n', more: 'source.ip' } }),
        /ALTER TABLE "events" ADD COLUMN "more" inet;$/,
      ],
      [
        writerFor('events', { columns: { text: 'n', seen: 'message' } }),
        /column seen of table events is timestamp with time zone, the output writes text/,
      ],
      [
        writerFor('events', { ...typed, conflict: ['text'] }),
        /no unique key on text; .*CREATE UNIQUE INDEX/,
      ],
    ];
    for (const [refused, message] of cases) {
      await t.rejects(refused.connect(soon()), { code: 'SLUICE_SINK_TARGET', message });
      await refused.close(soon());
    }
    const [verdict] = await writerFor('nothing').write(runOf(rows(0, 1)), soon());
    t.match(verdict, {
      kind: 'retry',
      code: 'SLUICE_SINK_TARGET',
      misconfigured: true,
      reason: /^42P01/,
    });
  });

  await t.test('who is refused, and where nobody listens', async (t) => {
    const wrong = writerFor('events', typed, url.replace(':sluice@', ':wrong@'));
    await t.rejects(wrong.connect(soon()), { code: 'SLUICE_SINK_ACCESS', message: /password/ });
    t.match(await wrong.write(runOf(rows(0, 1)), soon()), [
      { code: 'SLUICE_SINK_ACCESS', misconfigured: true },
    ]);
    const nowhere = writerFor('events', typed, `${url}x`);
    await t.rejects(nowhere.connect(soon()), { code: 'SLUICE_SINK_TARGET', message: /^3D000/ });
    const nobody = writerFor('events', typed, 'postgres://a:b@127.0.0.1:1/c');
    await t.rejects(nobody.connect(soon()), { code: 'SLUICE_SINK_UNREACHABLE' });
    await Promise.all([wrong, nowhere, nobody].map((one) => one.close(soon())));
  });

  await t.test('without a unique key a warning says so', async (t) => {
    await admin.query('CREATE TABLE loose (id bigint, text text)');
    const warnings: unknown[] = [];
    const warn = (...words: unknown[]) => warnings.push(words);
    const loose = new PostgresWriter(
      schema.parse({ url }),
      outputSchema.parse({ table: 'loose', ...typed }),
      {
        log: { info: () => undefined, warn },
      },
    );
    await loose.connect(soon());
    await loose.connect(soon());
    await loose.close(soon());
    t.equal(warnings.length, 1);
  });

  await t.test('a lock held too long', async (t) => {
    const holder = new pg.Client({ connectionString: url });
    await holder.connect();
    await holder.query('BEGIN; LOCK TABLE events');
    const hasty = writerFor('events', typed, url, '500ms');
    t.match(await hasty.write(runOf(rows(0, 1)), soon()), [
      { kind: 'retry', code: 'SLUICE_SINK_TIMEOUT' },
    ]);
    await hasty.close(soon());
    await holder.query('ROLLBACK');
    await holder.end();
  });

  await t.test('frozen, then killed in the middle and started again', async (t) => {
    await admin.query('TRUNCATE events');
    const server = stack.server('postgres');
    const run = runOf(rows(1000, 21_000), rows(21_000, 41_000));
    await untilSettled(() => writer.write(runOf(rows(0, 1)), soon()));

    await server.kill('SIGSTOP');
    const late = writerFor('events', typed, url, '500ms');
    await t.rejects(late.connect(soon()), { code: 'SLUICE_SINK_TIMEOUT' });
    await server.kill('SIGCONT');
    await late.close(soon());

    // The rows are copied and their insert waits for a lock: in the middle, however fast the machine is.
    const holder = new pg.Client({ connectionString: url });
    holder.on('error', () => undefined);
    await holder.connect();
    await holder.query('BEGIN; LOCK TABLE events IN EXCLUSIVE MODE');
    const cut = writer.write(run, soon());
    const waiting = `pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT INTO %'`;
    for (const limit = soon(); (await count(waiting)) === 0; ) limit.throwIfAborted();
    await server.kill('SIGKILL');
    for (const verdict of await cut) t.equal(verdict.kind, 'retry');
    await server.restart();
    await untilSettled(() => writer.write(run, soon()));
    t.equal(await count('events'), 40_001);
    t.same(await writer.write(run, soon()), [
      { kind: 'delivered', duplicates: 20_000 },
      { kind: 'delivered', duplicates: 20_000 },
    ]);
  });
  await writer.close(soon());
});
