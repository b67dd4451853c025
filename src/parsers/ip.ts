const V4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const PRIVATE_V4 = /^(?:10\.|127\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.)/;
/** fc00::/7, fe80::/10. */
const PRIVATE_V6 = /^f(?:[cd][\da-f]|e[89ab])[\da-f]:/i;

/** Whether the text is an IPv4 or IPv6 address (RFC 4291 §2.2), without zone or prefix length. */
export function isIp(text: string): boolean {
  if (text.length < 2 || text.length > 45) return false;
  return text.includes(':') ? isV6(text) : V4.test(text);
}

function isV6(text: string): boolean {
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

/**
 * Loopback, link-local and private ranges (RFC 1918, RFC 4193, RFC 4291), also of IPv4 addresses mapped into IPv6.
 * @param text an address, as `isIp` says
 */
export function isPrivateIp(text: string): boolean {
  const v4 = text.slice(text.lastIndexOf(':') + 1);
  return PRIVATE_V4.test(v4) || PRIVATE_V6.test(text) || /^(?:0{0,4}:)+0{0,3}1$/.test(text);
}
