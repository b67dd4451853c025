/** What the `json` routine answers in result[0]. */
export const JSON_OK = 0;
/** The text does not begin with a brace. */
export const JSON_NOT_OBJECT = 1;
/** A byte that cannot stand there. */
export const JSON_SYNTAX = 2;
/** The text ends too early. */
export const JSON_END = 3;
/** A control character inside a string. */
export const JSON_CONTROL = 4;
export const JSON_ESCAPE = 5;
export const JSON_UTF8 = 6;
export const JSON_NUMBER = 7;
/** Nested deeper than JSON_MAX_DEPTH. */
export const JSON_DEPTH = 8;
/** More than JSON_MAX_KEYS members in objects that are opened. */
export const JSON_KEYS = 9;
/** Something stands behind the object. */
export const JSON_TRAILING = 10;
/** The side buffer is full. */
export const JSON_NO_ROOM = 11;

/** Objects and arrays around a value, the outermost included. */
export const JSON_MAX_DEPTH = 64;
export const JSON_MAX_KEYS = 4096;
