/** Lines of RFC 5424 that carry a number each, in structured data and message, and differ in all parts of the grammar. */
export interface Numbering {
  /** Tells this run's lines from all others, in a store that is never emptied. */
  readonly run: string;
  readonly via: string;
  /** Epoch ms of line 0; each further one comes a millisecond later. */
  readonly start: number;
}

const APPS = ['app', 'sshd', 'cron', 'kernel', 'api-gateway'];
const MSGIDS = ['-', 'ID47', 'TCPIN', '-', 'audit.event'];
const TEXTS = [
  (n: number) => `request ${n} took ${n % 997} ms`,
  (n: number) => `"quoted" \\ backslash\tTab ${n}`,
  (n: number) => `\ufeffevent ${n}: Grüße aus 東京 😀`,
  (n: number) => `{"number":${n},"text":"looks like JSON"}`,
  (n: number) => `[${n}] key=value, a=b #c`,
];

/** How sshd's lines end: what the dataset makes of them is known. */
export function loginOf(n: number) {
  return { user: `user${n % 1000}`, ip: `192.0.2.${n % 250}`, port: 1024 + (n % 60_000) };
}

export function numberedLine(n: number, { run, via, start }: Numbering): string {
  const app = APPS[n % APPS.length] ?? '';
  const head = `<${n % 192}>1 ${timestamp(start + n, n)} host-${n % 40}.example.net ${app}`;
  const procid = n % 3 === 0 ? '-' : n % 3 === 1 ? `${1 + (n % 32_000)}` : `worker:${n}`;
  const escaped =
    n % 4 === 1 ? `[meta@1 quote="say \\"${n}\\"" path="C:\\\\tmp\\]" x="1" x="2"]` : '';
  const data = `[seq@32473 n="${n}" run="${run}" via="${via}"]${escaped}`;
  return `${head} ${procid} ${MSGIDS[n % MSGIDS.length]} ${data} ${messageOf(n, app)}`;
}

function messageOf(n: number, app: string): string {
  const { user, ip, port } = loginOf(n);
  if (app === 'sshd') return `Accepted password for ${user} from ${ip} port ${port} ssh2`;
  return TEXTS[Math.floor(n / APPS.length) % TEXTS.length]?.(n) ?? '';
}

/** The same instant in the ways that the grammar allows. */
function timestamp(ms: number, n: number): string {
  const at = (shift: number) => new Date(ms + shift).toISOString();
  if (n % 4 === 0) return at(0);
  if (n % 4 === 1)
    return `${at(2 * 3_600_000).slice(0, -1)}${String(n % 1000).padStart(3, '0')}+02:00`;
  if (n % 4 === 2) return `${at(-19_800_000).slice(0, 19)}-05:30`;
  return `${at(0).slice(0, 21)}Z`;
}
