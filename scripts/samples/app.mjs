import { timesBefore, USERS, withBroken } from './random.mjs';

const ITEMS = [
  'blue shoes',
  'café crème, 250 g',
  'notebook "A5"',
  'C:\\temp poster',
  'きつねうどん',
];

/** JSON logs of a shop: nested objects, lists, numbers of every kind, escapes. */
export function appLog(random, end, count) {
  const lines = timesBefore(end, count, random).map((time, k) => {
    const entry = {
      '@timestamp': new Date(time).toISOString(),
      level: 'info',
      logger: random.pick(['shop.cart', 'shop.checkout', 'shop.search']),
      service: { name: 'shop', version: '2.4.1', node: { name: `app${random.int(1, 3)}` } },
      trace: { id: random.hex(32) },
      sequence: k,
    };
    const add = random.weighted([
      [5, request],
      [3, order],
      [1, failure],
      [1, numbers],
    ]);
    return print({ ...entry, ...add(random) }, random);
  });
  return withBroken(lines, [
    `{"@timestamp":"${new Date(end).toISOString()}","level":"info","message":"cut of`,
    '{"level":"info","message":"a comma too many",}',
    'panic: this line is no JSON at all',
    '["a list", "is no event"]',
  ]);
}

/** Raw numbers (`49.90`) stand as `#49.90#` until here; some writers escape all that is not ASCII. */
function print(entry, random) {
  const text = JSON.stringify(entry).replace(/"#([^"#]+)#"/g, '$1');
  if (random.chance(0.7)) return text;
  return text.replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function request(random) {
  const status = random.weighted([
    [90, 200],
    [5, 404],
    [2, 500],
  ]);
  const path = `/api/v1/items/${random.int(1, 500)}`;
  return {
    level: status === 500 ? 'error' : 'info',
    message: `GET ${path} answered ${status}`,
    http: { request: { method: 'GET' }, response: { status_code: status } },
    url: { path },
    client: { ip: random.address() },
    duration_ms: `#${(random.next() * 120).toFixed(3)}#`,
  };
}

function order(random) {
  const items = Array.from({ length: random.int(1, 3) }, () => ({
    name: random.pick(ITEMS),
    count: random.int(1, 5),
    price: `#${(random.int(100, 9999) / 100).toFixed(2)}#`,
  }));
  return {
    message: `order placed by ${random.pick(USERS)}`,
    user: { name: random.pick(USERS), roles: random.chance(0.5) ? ['customer'] : [] },
    order: { id: `A-${random.int(10_000, 99_999)}`, items, gift: random.chance(0.2), note: null },
    tags: ['order', random.pick(['web', 'phone'])],
  };
}

function failure(random) {
  return {
    level: 'error',
    message: 'payment refused:\n\tcard "****4242" expired',
    error: {
      type: 'PaymentError',
      stack_trace: `PaymentError: expired\n\tat charge (/srv/shop/pay.js:${random.int(10, 400)}:7)\n\tat place (/srv/shop/order.js:88:3)`,
    },
    retry: random.int(0, 3),
  };
}

/** Values that programs get wrong: wide integers, exponents, negative zero, an emoji, an empty object. */
function numbers(random) {
  return {
    message: `stock counted 🚚 ${random.int(1, 99)} %`,
    stock: {
      'item.id': '#9007199254740993#',
      wide: '#9223372036854775807#',
      ratio: '#1.5e-7#',
      delta: '#-0.0#',
      balance: -random.int(1, 1000),
      extra: {},
    },
  };
}
