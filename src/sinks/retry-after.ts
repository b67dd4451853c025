/**
 * The pause that a `Retry-After` header asks for, ms; the form with a date is not used by the stores (RFC 9110, 10.2.3).
 */
export function retryAfterMs(
  header: string | readonly string[] | undefined | null,
): number | undefined {
  const text = typeof header === 'string' ? header : header?.[0];
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) * 1000 : undefined;
}
