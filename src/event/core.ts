import type { Address, CoreMemory } from './memory.ts';

/**
 * The routines that touch every byte of every event. Two implementations: `reference.ts` (plain TypeScript,
 * the executable specification) and `wasm.ts` (AssemblyScript with SIMD, in core/assembly/). They share this interface, the memory
 * layout and the tests; property tests compare every byte that they leave behind.
 * A routine never allocates, never throws on input, and never writes outside the areas that it is given.
 */
export interface EventCore {
  readonly name: 'ts' | 'wasm';
  readonly memory: CoreMemory;

  /** Copies bytes within the memory; the spans may overlap. The caller keeps both inside it. */
  move(to: Address, from: Address, length: number): void;

  /**
   * Finds records in a byte stream; decides octet counting or LF for each frame (RFC 6587).
   * Writes one index entry (offset from `origin`, length, 0, flags) for each whole record. Trailing LF, CR and NUL
   * and, but for FRAMING_LF, separators (SP, LF, CR, NUL) between frames are not part of a record; an empty record is
   * skipped and counted. In FRAMING_AUTO a count is octet counting when it has at most eight digits and SP behind it,
   * and one beyond maxRecord only in front of `<`.
   * @param mode FRAMING_AUTO | FRAMING_LF | FRAMING_OCTET (see framing.ts)
   * @param capacity index entries that still fit
   * @returns the number of entries written; the rest in `result`: [0] address of the first byte not consumed,
   *   [1] empty records skipped, [2] reason it stopped: FRAME_DONE (wants more bytes), FRAME_INDEX_FULL,
   *   FRAME_TOO_LONG (the record that starts at [0], its count not included, is longer than maxRecord; [3] its declared
   *   length, or 0 for LF),
   *   FRAME_BAD (octet count malformed at [0])
   */
  frames(
    at: Address,
    end: Address,
    origin: Address,
    mode: number,
    index: Address,
    capacity: number,
    maxRecord: number,
  ): number;

  /**
   * Starts a chunk: clears `count` rows of `stride` bytes and fills their headers from the index; if `peerColumn` >= 0,
   * copies the peer's cell (16 bytes at peers + 16 * peer number) there. Every row's output mask starts as `outputs`.
   */
  begin(
    table: Address,
    stride: number,
    count: number,
    bytes: Address,
    index: Address,
    firstOrdinal: number,
    peerColumn: number,
    peers: Address,
    outputs: number,
  ): void;

  /**
   * RFC 5424 header, structured data and message of each row's raw bytes into cells. A row that is not RFC 5424 gets the flag
   * UNPARSED and no cells; dropped rows stay as they are. A time without a zone has the flag LOCAL_TIME. `fields` points to a Syslog5424Fields table (see syslog-fields.ts). Structured data becomes raw JSON in the side buffer.
   * @returns new end of the side buffer; 0 when it ran out of room (the rows before are done, result[0] = row reached)
   */
  syslog5424(
    table: Address,
    stride: number,
    count: number,
    fields: Address,
    side: Address,
    sideEnd: Address,
  ): Address;

  /**
   * Scans one JSON object, validates all of it, fills the columns that the trie names and files the rest as residue.
   * @param trie see trie.ts
   * @param node trie node to start from (0 = the root)
   * @returns new end of the side buffer. result[0]: JSON_OK, or the error code (see json-codes.ts), result[1]: offset of the
   *   error from `at`, result[2]: members that moved below `sluice.conflict`. On an error the row's cells and residue are as before.
   */
  json(
    row: Address,
    at: Address,
    length: number,
    trie: Address,
    node: number,
    side: Address,
    sideEnd: Address,
  ): Address;

  /**
   * Gives each row its id: 32 hex digits into the side buffer, a CLEAN cell into `idColumn` (see id.ts for the hash).
   * @param key 16 bytes: the stream's key
   * @param base position of ordinal 0, as two words; @param byOffset 1: position = base + offset of the raw bytes from `origin`, 0: base + ordinal
   * @returns new end of the side buffer, or 0 without room
   */
  ids(
    table: Address,
    stride: number,
    count: number,
    idColumn: number,
    key: Address,
    baseLow: number,
    baseHigh: number,
    byOffset: number,
    origin: Address,
    side: Address,
    sideEnd: Address,
  ): Address;

  /**
   * Runs an op list (ops.ts) over rows until the room ends; resumable. Never writes outside [out, outEnd).
   * @param list addresses of rows (u32 each), already of this layout and for this output
   * @param from first entry to encode; the program's names begin with this entry's
   * @param origin start of the payload that `out` continues: offsets in the trace count from here
   * @param trace where to write (ordinal, end offset from `origin`) pairs, one for each row written
   * @returns the entry to continue from. result[0] = address behind the last byte written, [1] = ENCODE_DONE, ENCODE_PAGE_FULL, or
   *   ENCODE_ROW_TOO_LARGE (the row at the returned entry needs result[2] bytes, more than origin to outEnd),
   *   [3] rows written, [4] rows left out (points without fields), [5] values that did not fit their column's or field's type,
   *   [6] residue members left out because the document already had their key
   */
  encode(
    program: Address,
    list: Address,
    from: number,
    count: number,
    origin: Address,
    out: Address,
    outEnd: Address,
    trace: Address,
  ): number;

  /** Eight words that the routines answer in, valid until the next call. */
  readonly result: Uint32Array;
}
