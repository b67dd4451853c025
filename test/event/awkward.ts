/** Texts that have broken encoders. One table for every encoder and every store: what goes in must come back. */
export interface Awkward {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const utf8 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'utf8'));
const hex = (digits: string): Uint8Array =>
  new Uint8Array(Buffer.from(digits.replaceAll(' ', ''), 'hex'));

export const AWKWARD: readonly Awkward[] = [
  { name: 'empty', bytes: utf8('') },
  { name: 'one space', bytes: utf8(' ') },
  { name: 'plain', bytes: utf8('Accepted publickey for root from 192.0.2.7 port 22 ssh2') },
  { name: 'exactly 16 bytes', bytes: utf8('0123456789abcdef') },
  { name: 'quote in the last of 16 bytes', bytes: utf8('0123456789abcde"') },
  { name: 'quotes and backslashes', bytes: utf8('say "hi" \\ C:\\Temp\\new\\table "\\"') },
  { name: 'only backslashes', bytes: utf8('\\\\\\') },
  { name: 'trailing backslash', bytes: utf8('C:\\Users\\') },
  { name: 'null marker of COPY', bytes: utf8('\\N') },
  { name: 'end marker of COPY', bytes: utf8('\\.') },
  { name: 'line feeds, tabs and their friends', bytes: utf8('a\tb\nc\rd\be\ff\vg') },
  { name: 'a bulk action', bytes: utf8('x\n{"delete":{"_index":"logs","_id":"1"}}\n') },
  { name: 'all controls', bytes: Uint8Array.from({ length: 32 }, (_, k) => k) },
  { name: 'NUL', bytes: utf8('a\0b') },
  { name: 'DEL and C1', bytes: utf8('\x7f\u0080\u009f') },
  { name: 'line protocol', bytes: utf8('a,b=c d,e=f\\,g #h') },
  { name: 'array literal', bytes: utf8('{"a",NULL,{b},\\"}') },
  { name: 'Redis protocol', bytes: utf8('*3\r\n$3\r\nSET\r\n') },
  { name: 'line separators of JavaScript', bytes: utf8('\u2028\u2029\u0085') },
  { name: 'byte order mark', bytes: utf8('\ufeffBOM') },
  { name: 'two, three and four bytes', bytes: utf8('ÄÖ ß € 日本語 😀👩‍👩‍👧 \u{10ffff}') },
  { name: 'right to left, combining', bytes: utf8('שלום e\u0301 \u202eevil') },
  { name: 'only letters beyond ASCII', bytes: utf8('пользователь вошёл в систему') },
  { name: 'noncharacters', bytes: utf8('\ufffe\uffff\ufdd0') },
  { name: 'latin1', bytes: hex('63 61 66 e9 20 fc 62 65 72') },
  { name: 'lone continuation bytes', bytes: hex('80 bf 61 80') },
  { name: 'lone lead bytes', bytes: hex('c3 20 e2 20 f0 20') },
  { name: 'cut after two of three', bytes: hex('61 e2 82') },
  { name: 'cut after three of four', bytes: hex('61 f0 9f 98') },
  { name: 'cut, then a quote', bytes: hex('f0 9f 98 22 e2 82 5c') },
  { name: 'overlong', bytes: hex('c0 80 e0 80 af f0 80 80 af') },
  { name: 'a surrogate pair in UTF-8', bytes: hex('ed a0 bd ed b8 80') },
  { name: 'above U+10FFFF', bytes: hex('f4 90 80 80 f5 80 80 80 ff fe') },
  { name: 'every byte', bytes: Uint8Array.from({ length: 256 }, (_, k) => k) },
  { name: 'a number', bytes: utf8('-12.50e3') },
  { name: 'JSON', bytes: utf8('{"a":[1,"\\u0000"]}') },
  { name: '64 KB', bytes: utf8('0123456789abcdef "\\'.repeat(3450)) },
  { name: '64 KB beyond ASCII', bytes: utf8('журнал '.repeat(5000)) },
];

/** What each of them means as text: the WHATWG decoder decides about invalid bytes. */
export function textOf({ bytes }: Pick<Awkward, 'bytes'>): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}
