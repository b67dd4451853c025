/**
 * Decodes the inside of a JSON string that was validated: escapes resolved, lone surrogates as U+FFFD.
 * @param inside without its quotes
 */
export function decodeJsonString(inside: string): string {
  if (!inside.includes('\\')) return inside;
  return (JSON.parse(`"${inside}"`) as string).replace(/\p{Surrogate}/gu, '\ufffd');
}

/** The shortest decimal that reads back as the same double, as JavaScript prints it; -0 is `0`. @param value finite */
export function formatNumber(value: number): string {
  return String(value);
}
