/**
 * Op lists: what an encoder writes for a row of one layout, compiled once, run by `EventCore.encode` for each row.
 * A program is u32 words in the literal area: a header of PROGRAM_HEADER words, then ops until OP_END.
 *
 *   header   [0] names: address of (address, length) pairs, one for each row of the call    [1] marks: one word for each object
 *
 *   op               words behind it              writes
 *   END              -                            - : the row is whole
 *   TEXT             address length               the literal's bytes
 *   NAME             -                            the row's name: bytes that were made ready before the call
 *   INSIDE           cell                         the value as the inside of a JSON string, without quotes
 *   MEMBER           cell address length          `"key":` (the literal), the value as JSON and `,`; nothing when the cell is absent
 *   OPEN             address length               `"key":{` (the literal)
 *   CLOSE            residue mark                 the object's residue, then `},`; or takes the OPEN back when nothing was written since.
 *                                                   The mark becomes 1 or 0: written or not
 *   CLOSE_DOCUMENT   residue                      the document's residue, `}` LF
 *   COLUMN           cell type separator          the value in COPY text, `\N` when absent or not of that type; then the separator byte
 *   FIELD            cell address length type     `key=` (the literal), the value in line protocol and `,`; nothing when absent or not of that type
 *   STAMP            cell cell                    ends a point: the time in nanoseconds (the second cell's when the first is no time
 *                                                   that InfluxDB can hold) and LF; a point without fields is taken back
 *
 * `cell` is the cell's byte offset from the row's address. JSON is written with a comma behind each member, which the next closing
 * brace overwrites: so nothing is ever read back from the output.
 *
 * `residue` is the address of a table: what the layout itself may write in this object, so that no key comes twice.
 *   node      the object's shape node: its residue entries are those with this number
 *   lengths   bit (length & 31) is set for each key below
 *   count     then count × (address length at): a key, and whether it is written: the offset of its cell, or RESIDUE_MARK | a mark
 */
export const OP_END = 0;
export const OP_TEXT = 1;
export const OP_NAME = 2;
export const OP_INSIDE = 3;
export const OP_MEMBER = 4;
export const OP_OPEN = 5;
export const OP_CLOSE = 6;
export const OP_CLOSE_DOCUMENT = 7;
export const OP_COLUMN = 8;
export const OP_FIELD = 9;
export const OP_STAMP = 10;

export const PROGRAM_HEADER = 2;
export const RESIDUE_MARK = 0x8000_0000;
/** Objects within objects that a document may have. */
export const MAX_DEPTH = 32;

/** Why `encode` stopped. */
export const ENCODE_DONE = 0;
export const ENCODE_PAGE_FULL = 1;
export const ENCODE_ROW_TOO_LARGE = 2;

/** A row's measured size goes no higher: enough to tell that it fits nowhere, and addresses stay within 32 bits. */
export const MEASURE_LIMIT = 0x4000_0000;

/** Column types of COLUMN. */
export const COPY_TEXT = 0;
export const COPY_BIGINT = 1;
export const COPY_INTEGER = 2;
export const COPY_DOUBLE = 3;
export const COPY_BOOLEAN = 4;
export const COPY_TIMESTAMP = 5;
export const COPY_INET = 6;
export const COPY_JSON = 7;
export const COPY_UUID = 8;
export const COPY_TEXT_ARRAY = 9;

/** Field types of FIELD. ANY follows the cell's kind; the others keep a field's type the same in every point. */
export const FIELD_ANY = 0;
export const FIELD_INTEGER = 1;
export const FIELD_FLOAT = 2;
export const FIELD_BOOLEAN = 3;
export const FIELD_STRING = 4;

/** Years 0000 to 9999, epoch ms: TIME cells beyond are printed as the nearest of the two. */
export const MIN_TIME = -62_167_219_200_000;
export const MAX_TIME = 253_402_300_799_999;
/** PostgreSQL has no year 0: epoch ms of 0001-01-01. */
export const MIN_COPY_TIME = -62_135_596_800_000;
/** What InfluxDB can hold in 64 bits of nanoseconds, epoch ms. */
export const MAX_STAMP = 9_223_372_036_853;
/** Longest text that is read as a number, address, time or truth value. */
export const MAX_SCALAR_TEXT = 64;
