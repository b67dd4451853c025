/**
 * Line protocol's escapes (InfluxDB 1.8, "Line protocol reference", special characters). There is none for a line feed,
 * and a backslash is only an escape in front of one of these.
 */

/** A tag's or field's key. */
export function escapeKey(key: string): string {
  return withoutTrailingBackslash(oneLine(key)).replace(/[,= ]/g, '\\$&');
}

export function escapeMeasurement(name: string): string {
  return withoutTrailingBackslash(oneLine(name)).replace(/[, ]/g, '\\$&');
}

/** Empty when nothing is left: such a tag is omitted. */
export function escapeTagValue(value: string): string {
  return escapeKey(value);
}

function oneLine(text: string): string {
  return text.replace(/[\x00-\x1f\x7f]/g, ' ');
}

/** At the end it would escape the separator that follows. */
function withoutTrailingBackslash(text: string): string {
  return text.replace(/\\+$/, '');
}
