const OCTET = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)';
const V4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);
const PRIVATE_V4 = /^(?:10\.|127\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.)/;
const PRIVATE_V6 = /^(?:::1$|f[cd]|fe[89ab])/i;

/** Whether the text is an IPv4 or IPv6 address (RFC 4291 §2.2), without zone or prefix length. */
export function isIp(text: string): boolean {
  return V4.test(text) || isV6(text);
}

function isV6(text: string): boolean {
  if (text.length < 2 || text.length > 45 || !text.includes(':')) return false;
  const halves = text.split('::');
  if (halves.length > 2) return false;
  let groups = 0;
  for (const [h, half] of halves.entries()) {
    if (half === '') continue;
    const parts = half.split(':');
    for (const [k, part] of parts.entries()) {
      const last = h === halves.length - 1 && k === parts.length - 1;
      if (/^[\da-f]{1,4}$/i.test(part)) groups += 1;
      else if (last && V4.test(part)) groups += 2;
      else return false;
    }
  }
  return halves.length === 2 ? groups < 8 : groups === 8;
}

/** Loopback, link-local and private ranges (RFC 1918, RFC 4193, RFC 4291). */
export function isPrivateIp(text: string): boolean {
  return PRIVATE_V4.test(text) || PRIVATE_V6.test(text);
}
