/** How a byte stream is split into records (RFC 6587). Words of the `frames` routine. */

/** A leading count that looks like one means octet counting, anything else a line; decided for each frame. */
export const FRAMING_AUTO = 0;
/** Lines. Nothing but the line's end belongs to the framing: leading white space stays. */
export const FRAMING_LF = 1;
/** `MSG-LEN SP MSG`, and nothing else. */
export const FRAMING_OCTET = 2;

/** Wants more bytes: what is left is the beginning of a record. */
export const FRAME_DONE = 0;
/** The index has no entry left for the next whole record. */
export const FRAME_INDEX_FULL = 1;
export const FRAME_TOO_LONG = 2;
export const FRAME_BAD = 3;

/** RFC 6587 bounds MSG-LEN nowhere; rsyslog overflowed on it (CVE-2022-24903). */
export const MAX_COUNT_DIGITS = 8;
