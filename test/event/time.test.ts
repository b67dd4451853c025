import fc from 'fast-check';
import t from 'tap';
import { civilToMs, formatTime, newTimestamp, parseTimestamp } from '../../src/event/time.ts';
import { resolveZone } from '../../src/event/zone.ts';

/** The time stamp at the start of the text, as [what it prints, bytes read, local], or undefined. */
function read(text: string): [string, number, boolean] | undefined {
  const bytes = Buffer.from(text);
  const out = newTimestamp();
  const end = parseTimestamp(bytes, 0, bytes.length, out);
  return end === 0 ? undefined : [formatTime(out.ms, out.nanos, out.digits), end, out.local];
}

const printed = (text: string): string | undefined => read(text)?.[0];

t.test('RFC 3339 section 5.8 and RFC 5424 section 6.2.3.1', (t) => {
  for (const [text, wanted] of [
    ['1985-04-12T23:20:50.52Z', '1985-04-12T23:20:50.520Z'],
    ['1996-12-19T16:39:57-08:00', '1996-12-20T00:39:57.000Z'],
    ['1990-12-31T23:59:60Z', '1991-01-01T00:00:00.000Z'],
    ['1990-12-31T15:59:60-08:00', '1991-01-01T00:00:00.000Z'],
    ['1937-01-01T12:00:27.87+00:20', '1937-01-01T11:40:27.870Z'],
    ['2003-10-11T22:14:15.003Z', '2003-10-11T22:14:15.003Z'],
    ['2003-08-24T05:14:15.000003-07:00', '2003-08-24T12:14:15.000003Z'],
    ['2003-08-24T05:14:15.000000003-07:00', '2003-08-24T12:14:15.000000003Z'],
  ] as const) {
    t.equal(printed(text), wanted);
  }
  t.end();
});

t.test('lenient forms', (t) => {
  for (const [text, wanted] of [
    ['2024-02-29t10:00:00z', '2024-02-29T10:00:00.000Z'],
    ['2024-02-29 10:00:00,5Z', '2024-02-29T10:00:00.500Z'],
    ['2024-02-29T10:00:00+0530', '2024-02-29T04:30:00.000Z'],
    ['2024-02-29T10:00:00-05', '2024-02-29T15:00:00.000Z'],
    ['2000-02-29T10:00:00.1234Z', '2000-02-29T10:00:00.123400Z'],
    ['0000-01-01T00:00:00Z', '0000-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999999999Z', '9999-12-31T23:59:59.999999999Z'],
  ] as const) {
    t.same(read(text), [wanted, text.length, false]);
  }
  t.same(read('2024-01-01T10:00:00 host'), ['2024-01-01T10:00:00.000Z', 19, true]);
  t.same(read('2024-01-01T10:00:00.25 host'), ['2024-01-01T10:00:00.250Z', 22, true]);
  t.same(read('2024-01-01T10:00:00. x'), ['2024-01-01T10:00:00.000Z', 19, true]);
  t.same(read('2024-01-01T10:00:00.1234567890Z')?.[1], 19, 'ten digits are no fraction');
  t.same(read('2024-01-01T10:00:00+5:00')?.[2], true, 'half an offset is none');
  t.end();
});

t.test('no such time', (t) => {
  for (const text of [
    '2023-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2024-04-31T00:00:00Z',
    '2024-00-10T00:00:00Z',
    '2024-13-10T00:00:00Z',
    '2024-01-00T00:00:00Z',
    '2024-01-32T00:00:00Z',
    '2024-01-01T24:00:00Z',
    '2024-01-01T00:60:00Z',
    '2024-01-01T00:00:61Z',
    '2024-01-01_00:00:00Z',
    '2024/01/01T00:00:00Z',
    '24-01-01T00:00:00Z',
    '2024-1-01T00:00:00Z',
    '2024-01-01T00:00',
    '0000-01-01T00:00:00+01:00',
    '9999-12-31T23:59:59-01:00',
    '+024-01-01T00:00:00Z',
    '',
  ]) {
    t.equal(read(text), undefined, text);
  }
  t.end();
});

t.test('what Date prints is read back, and the other way round', (t) => {
  const instants = fc.record({
    ms: fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 }),
    nanos: fc.nat(999_999),
  });
  fc.assert(
    fc.property(instants, ({ ms, nanos }) => {
      const text = formatTime(ms, nanos, 9);
      const out = newTimestamp();
      const bytes = Buffer.from(text);
      return (
        parseTimestamp(bytes, 0, bytes.length, out) === bytes.length &&
        out.ms === ms &&
        out.nanos === nanos &&
        text.slice(0, 23) === new Date(ms).toISOString().slice(0, 23)
      );
    }),
  );
  fc.assert(
    fc.property(fc.nat(9999), fc.nat(14), fc.nat(33), (year, month, day) => {
      const text = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
      const date = new Date(`${text}T00:00:00Z`);
      // Date takes the 31st of every month.
      const exists = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
      const ms = civilToMs(year, month, day, 0, 0, 0);
      return exists ? ms === date.getTime() : Number.isNaN(ms);
    }),
    { numRuns: 500 },
  );
  t.end();
});

t.test('zones', (t) => {
  const utc = (zone: string, local: string): string =>
    new Date(resolveZone(zone).toUtc(Date.parse(`${local}Z`))).toISOString().slice(0, 16);
  t.equal(utc('UTC', '2024-07-01T12:00'), '2024-07-01T12:00');
  t.equal(utc('+05:30', '2024-07-01T12:00'), '2024-07-01T06:30');
  t.equal(utc('-0800', '2024-07-01T12:00'), '2024-07-01T20:00');
  t.equal(utc('Europe/Berlin', '2024-01-01T12:00'), '2024-01-01T11:00');
  t.equal(utc('Europe/Berlin', '2024-07-01T12:00'), '2024-07-01T10:00');
  t.equal(utc('Europe/Berlin', '2024-03-31T01:59'), '2024-03-31T00:59');
  t.equal(utc('Europe/Berlin', '2024-03-31T02:30'), '2024-03-31T01:30', 'the hour that is skipped');
  t.equal(utc('Europe/Berlin', '2024-03-31T03:00'), '2024-03-31T01:00');
  t.equal(
    utc('Europe/Berlin', '2024-10-27T02:30'),
    '2024-10-27T00:30',
    'the hour that comes twice',
  );
  t.equal(utc('Europe/Berlin', '2024-10-27T03:00'), '2024-10-27T02:00');
  t.equal(utc('Australia/Lord_Howe', '2024-01-01T12:00'), '2024-01-01T01:00');
  t.equal(utc('America/St_Johns', '2024-07-01T00:15'), '2024-07-01T02:45');
  t.throws(() => resolveZone('Mars/Olympus'), RangeError);
  t.throws(() => resolveZone('+25'), RangeError);
  t.end();
});
