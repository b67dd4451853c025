import fc from 'fast-check';

/** JSON texts as senders write them: white space, escapes and numbers of all forms. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const space = fc.constantFrom('', '', '', '', '', ' ', '\n', '\t', '\r\n', '  ');

const character = fc.oneof(
  { weight: 20, arbitrary: fc.string({ minLength: 1, maxLength: 6 }) },
  fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }),
  fc.constantFrom('"', '\\', '/', '\n', '\0', 'é', '日', '😀', '\ufffd', '\u2028', '.'),
  fc.constant('0123456789abcdefghij'),
);

/** A string's inside, with needless escapes here and there. */
export const inside: fc.Arbitrary<string> = fc
  .array(fc.tuple(character, fc.nat(5)), { maxLength: 5 })
  .map((parts) =>
    parts
      .map(([text, style]) => {
        const escaped = JSON.stringify(text).slice(1, -1);
        if (style === 0) return [...text].map(unicodeEscape).join('');
        return style === 1 ? escaped.replaceAll('/', '\\/') : escaped;
      })
      .join(''),
  );

function unicodeEscape(character: string): string {
  let out = '';
  for (let k = 0; k < character.length; k++) {
    out += `\\u${character.charCodeAt(k).toString(16).padStart(4, '0')}`;
  }
  return out;
}

const halfPair = fc.constantFrom('\\ud800', '\\uDC00', 'a\\udbff\\u0041', '\\udfff\\ud83d\\ude00');

export const number: fc.Arbitrary<string> = fc.oneof(
  fc.integer().map(String),
  fc.maxSafeInteger().map(String),
  fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.constantFrom(
    ...['-0', '0', '-0.0', '0e0', '1E5', '1e+5', '12.50', '1e22', '1e23', '123456789.125e-10'],
    ...['9007199254740991', '9007199254740992', '-9007199254740993', '1e400', '-1e400', '1e-400'],
    ...['0.1', '5e-324', '2.2250738585072011e-308', '1.7976931348623157e308', '0e999', '1e00001'],
    ...['3.14159265358979323846264338327950288', '100000000000000000000000.5', '0.000001'],
  ),
);

/** @param keys names that should occur often */
export function objects(keys: readonly string[]): fc.Arbitrary<string> {
  const key = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...keys) },
    { weight: 1, arbitrary: fc.constantFrom(...keys.map((name) => unicodeEscape(name))) },
    { weight: 2, arbitrary: inside },
  );
  const { object } = fc.letrec<{ object: string; array: string; value: string }>((tie) => ({
    object: fc
      .array(fc.tuple(space, key, space, space, tie('value'), space), { maxLength: 6 })
      .map((members) => {
        const list = members.map(
          ([a, name, b, c, value, d]) => `${a}"${name}"${b}:${c}${value}${d}`,
        );
        return `{${list.join(',')}}`;
      }),
    array: fc
      .array(fc.tuple(space, tie('value'), space), { maxLength: 4 })
      .map((items) => `[${items.map((item) => item.join('')).join(',')}]`),
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      number,
      inside.map((text) => `"${text}"`),
      halfPair.map((text) => `"${text}"`),
      fc.constantFrom('true', 'false', 'null', '[]', '{}', '""'),
      tie('object'),
      tie('array'),
    ),
  }));
  return fc.tuple(space, object, space).map((parts) => parts.join(''));
}

/** The text with some bytes overwritten or cut out. */
export function mutated(text: fc.Arbitrary<string>): fc.Arbitrary<Buffer> {
  const byte = fc.oneof(
    fc.nat(255),
    fc.constantFrom(...Buffer.from('{}[]:,"\\u0e-.\n\x00\x1f\x80\xc3\xed\xf4', 'latin1')),
  );
  return fc
    .tuple(text, fc.array(fc.tuple(fc.nat(400), byte), { maxLength: 2 }), fc.nat(600), fc.nat(3))
    .map(([source, changes, at, cut]) => {
      const bytes = Buffer.from(source);
      for (const [where, value] of changes) if (where < bytes.length) bytes[where] = value;
      if (at >= bytes.length) return bytes;
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + cut)]);
    });
}
