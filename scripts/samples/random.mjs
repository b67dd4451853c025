/** A small seeded generator (mulberry32): the same samples on every run. */
export class Random {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1). */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** A whole number, both ends included. */
  int(from, to) {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  chance(share) {
    return this.next() < share;
  }

  pick(list) {
    return list[this.int(0, list.length - 1)];
  }

  /** `[[weight, value], …]` */
  weighted(choices) {
    let at = this.next() * choices.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of choices) {
      at -= weight;
      if (at < 0) return value;
    }
    return choices[0][1];
  }

  hex(digits) {
    return Array.from({ length: digits }, () => this.int(0, 15).toString(16)).join('');
  }

  text(length, alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/') {
    return Array.from({ length }, () => this.pick(alphabet)).join('');
  }

  /** An address that documentation may use: RFC 5737, RFC 3849. */
  address() {
    if (this.chance(0.12)) return `2001:db8:${this.hex(2)}::${this.int(1, 250)}`;
    return `${this.pick(['192.0.2', '198.51.100', '203.0.113'])}.${this.int(1, 250)}`;
  }
}

/** Times of `count` events over the day that ends at `end`, epoch ms, in order. */
export function timesBefore(end, count, random) {
  const times = Array.from({ length: count }, () => end - random.int(0, 86_399_999));
  return times.sort((a, b) => a - b);
}

/** Puts each broken line behind the line at its share of the file. */
export function withBroken(lines, broken) {
  const out = [...lines];
  broken.forEach((line, k) => {
    out.splice(Math.floor(((k + 1) * out.length) / (broken.length + 1)), 0, line);
  });
  return out;
}

export const USERS = ['alice', 'bob', 'carol', 'dave', 'erin', 'deploy', 'backup'];
export const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
