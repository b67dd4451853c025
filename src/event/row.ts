import { CELL_BYTES } from './cell.ts';

/**
 * A row is one event: a header of 32 bytes, then one cell for each column of the table.
 * Rows of one table share a stride; which column is which beyond the base columns depends on the row's layout.
 *
 *   word 0  raw address        the record as it was framed
 *        1  raw length
 *        2  ordinal            position in the batch, before any filter
 *        3  flags | layout<<16
 *        4  outputs            bit k: the row goes to output k of its pipeline
 *        5  residue address    entries of RESIDUE_BYTES in the side buffer
 *        6  residue count
 *        7  error              index into the worker's failure table + 1, 0 = none
 */
export const ROW_HEADER_BYTES = 32;

export const RAW_ADDRESS = 0;
export const RAW_LENGTH = 1;
export const ORDINAL = 2;
export const FLAGS = 3;
export const OUTPUTS = 4;
export const RESIDUE_ADDRESS = 5;
export const RESIDUE_COUNT = 6;
export const ERROR = 7;

/** Row flags (low half of word 3). */
export const DROPPED = 1; // a filter removed it
export const TRUNCATED = 2; // framing cut an oversize record
export const UNPARSED = 4; // the last envelope parser did not recognise it
export const PARTIAL = 8; // a join or a split record ended before its end

/**
 * A residue entry is a member of a JSON object that no column of the layout names. 24 bytes:
 *   word 0 node        id of the shape node (object) it belongs under; 0 = the document's root
 *        1 key address the key's inside as it stands in JSON (valid, canonical escapes)
 *        2 key length
 *        3 value address raw validated JSON, no line breaks
 *        4 value length (0 = removed: a later duplicate replaced it)
 *        5 hash of the decoded key and node
 */
export const RESIDUE_BYTES = 24;

export function strideOf(columns: number): number {
  return ROW_HEADER_BYTES + columns * CELL_BYTES;
}
