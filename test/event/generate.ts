import fc from 'fast-check';
import type { Field } from '../../src/event/layout.ts';
import { AWKWARD } from './awkward.ts';
import type { Event, Residue, Value } from './chunk.ts';

/** Arbitrary cells: every kind, and texts that have broken encoders. */

const shortBytes = fc.oneof(
  fc.uint8Array({ maxLength: 70 }),
  fc.constantFrom(...AWKWARD.slice(0, -2).map((awkward) => awkward.bytes)),
  // Mostly plain, so that the fast path runs into the one byte that is not.
  fc
    .tuple(
      fc.string({ maxLength: 60 }),
      fc.uint8Array({ maxLength: 3 }),
      fc.string({ maxLength: 40 }),
    )
    .map(([a, b, c]) => new Uint8Array(Buffer.concat([Buffer.from(a), b, Buffer.from(c)]))),
);

const bytes = fc.oneof(
  { weight: 40, arbitrary: shortBytes },
  { weight: 1, arbitrary: fc.constantFrom(...AWKWARD.slice(-2).map((awkward) => awkward.bytes)) },
);

const cleanText = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.constantFrom(
      'nginx.access',
      'system.auth',
      '10.0.0.1',
      '::1',
      '42',
      '-7',
      'true',
      '2024-02-29T12:00:00Z',
    ),
    fc.ipV4(),
    fc.ipV6(),
    fc.uuid(),
  )
  .map((text) => text.replace(/["\\\x00-\x1f]/g, '_'));

const inside = fc.oneof(
  fc
    .string({ unit: 'binary', maxLength: 40 })
    .map((s) => JSON.stringify(Buffer.from(s).toString()).slice(1, -1)),
  fc.constantFrom('\\u0000', 'a\\/b', '\\ud83d\\ude00', '\\ud800', '\\u00e9\\"\\\\\\n', 'x\\u0041'),
);

const raw = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }).map((v) => JSON.stringify(v)),
  fc.constantFrom(
    '[ "a" , 1 ]',
    '1e99999',
    '[1e-99999]',
    '123456789012345678901234567890',
    '{"a":"\\u0000"}',
    '[null,[]]',
  ),
);

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer().map((n) => n / 4),
);

const scalar: fc.Arbitrary<Value> = fc.oneof(
  fc.constant<Value>({ kind: 'absent' }),
  fc.constant<Value>({ kind: 'null' }),
  cleanText.map((text): Value => ({ kind: 'clean', text })),
  bytes.map((b): Value => ({ kind: 'text', bytes: b })),
  inside.map((text): Value => ({ kind: 'string', inside: text })),
  raw.map((text): Value => ({ kind: 'json', raw: text })),
  fc
    .oneof(fc.maxSafeInteger(), fc.integer(), fc.nat({ max: 300 }))
    .map((n): Value => ({ kind: 'int', value: n })),
  number.map((n): Value => ({ kind: 'float', value: n })),
  fc
    .tuple(
      number,
      fc.oneof(
        fc.constantFrom('1.50', '-0.0', '1e5', '1E+99', '1e100', '.5', '5.', '00.1', '-', ''),
        number.map(String),
      ),
    )
    .map(([n, source]): Value => ({ kind: 'float', value: n, source })),
  fc.boolean().map((b): Value => ({ kind: 'bool', value: b })),
  fc
    .tuple(
      fc.oneof(
        fc.integer({ min: -62167219200000, max: 253402300799999 }),
        fc.integer({ min: -(2 ** 53), max: 2 ** 53 - 1 }),
      ),
      fc.nat({ max: 999_999 }),
      fc.constantFrom(3, 6, 9),
    )
    .map(([ms, nanos, digits]): Value => ({ kind: 'time', ms, nanos, digits })),
);

export const value: fc.Arbitrary<Value> = fc.oneof(
  { weight: 8, arbitrary: scalar },
  {
    weight: 1,
    arbitrary: fc.array(scalar, { maxLength: 4 }).map((items): Value => ({ kind: 'list', items })),
  },
);

const residue: fc.Arbitrary<Residue> = fc.record({
  under: fc.constantFrom('', 'host', 'log', 'log.syslog'),
  key: fc.oneof(
    fc.constantFrom('host', 'name', 'message', 'syslog', 'x', 'vendor', 'log', 'ip'),
    fc.string({ maxLength: 8 }).map((s) => JSON.stringify(s).slice(1, -1)),
  ),
  raw: fc.oneof(raw, fc.constant('')),
});

/** Rows with any cells; residue keys are unique within an object, as the scan leaves them. */
export function events(fields: readonly Field[], most: number): fc.Arbitrary<Event[]> {
  const cells = fc.record(
    Object.fromEntries(
      [...fields.map(({ path }) => path), '_index_date'].map((path) => [path, value]),
    ),
    { requiredKeys: [] },
  ) as fc.Arbitrary<Record<string, Value>>;
  const event = fc
    .tuple(
      cells,
      fc.oneof(
        fc.constant([]),
        fc.uniqueArray(residue, { maxLength: 6, selector: (r) => `${r.under} ${r.key}` }),
      ),
    )
    .map(([c, members]): Event => ({ cells: c, residue: members }));
  return fc.array(event, { minLength: 1, maxLength: most });
}
