import { MONTHS, timesBefore, USERS, withBroken } from './random.mjs';

const PAGES = [
  '/',
  '/products',
  '/products/42',
  '/cart',
  '/checkout',
  '/account',
  '/search?q=blue+shoes&page=2',
];
const ASSETS = [
  '/assets/app.3f9c.js',
  '/assets/app.3f9c.css',
  '/img/logo.svg',
  '/favicon.ico',
  '/fonts/inter.woff2',
];
const PROBES = [
  '/wp-login.php',
  '/.env',
  '/admin/config.php?x=../../etc/passwd',
  '/cgi-bin/test.cgi',
];
const AGENTS = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
  'curl/8.5.0',
  'ExampleBot/2.1 (+https://bot.example.com/about)',
];

function clock(time) {
  const date = new Date(time);
  const day = String(date.getUTCDate()).padStart(2, '0');
  const month = MONTHS[date.getUTCMonth()];
  return `${day}/${month}/${date.getUTCFullYear()}:${date.toISOString().slice(11, 19)} +0000`;
}

/** Access log in nginx's `combined` format; some requests came through a proxy that put the client in front. */
export function nginxAccess(random, end, count) {
  const lines = timesBefore(end, count, random).map((time) => {
    const [request, status] = random.weighted([
      [40, page],
      [40, asset],
      [8, api],
      [8, probe],
      [1, garbage],
    ])(random);
    const size = status === 304 ? 0 : random.int(120, 90_000);
    const referrer = random.chance(0.4) ? `https://shop.example.com${random.pick(PAGES)}` : '-';
    const client = random.chance(0.1) ? `${random.address()}, 192.0.2.10` : random.address();
    const user = random.chance(0.03) ? random.pick(USERS) : '-';
    return `${client} - ${user} [${clock(time)}] "${request}" ${status} ${size} "${referrer}" "${random.pick(AGENTS)}"`;
  });
  return withBroken(lines, [
    `203.0.113.9 - - [${clock(end)}] "GET /cut/of`,
    `${clock(end)} [error] 812#812: *77 open() "/srv/www/x" failed (2: No such file or directory)`,
    `203.0.113.9 - - [${clock(end).replace(/^\d+/, '41')}] "GET / HTTP/1.1" 200 1 "-" "-"`,
  ]);
}

function page(random) {
  const status = random.weighted([
    [90, 200],
    [6, 302],
    [3, 404],
    [1, 503],
  ]);
  return [`GET ${random.pick(PAGES)} HTTP/${random.pick(['1.1', '2.0'])}`, status];
}

function asset(random) {
  return [`GET ${random.pick(ASSETS)} HTTP/2.0`, random.chance(0.3) ? 304 : 200];
}

function api(random) {
  const method = random.pick(['GET', 'POST', 'PUT', 'DELETE']);
  const status = random.weighted([
    [80, 200],
    [10, 201],
    [6, 401],
    [3, 429],
    [1, 500],
  ]);
  return [`${method} /api/v1/orders/${random.int(1, 9999)}?expand=items HTTP/1.1`, status];
}

function probe(random) {
  return [`GET ${random.pick(PROBES)} HTTP/1.1`, random.pick([403, 404])];
}

/** What nginx writes when somebody speaks TLS, or nothing, to a plain port. */
function garbage(random) {
  return [random.pick(['\\x16\\x03\\x01\\x02\\x00\\x01\\x00\\x01\\xFC\\x03\\x03', '']), 400];
}
