import { constantList, setList } from '../../event/lists.ts';
import type { Address } from '../../event/memory.ts';
import type { Rows } from '../../event/rows.ts';
import { columnsOf } from '../columns.ts';
import { isIp, isPrivateIp } from '../ip.ts';
import { Message } from '../message.ts';
import type { CompiledParser, ParserContext, ParserDefinition } from '../parser.ts';
import { FIELDS, PATHS } from './fields.ts';
import { AccessLine } from './scan.ts';
import { Target } from './target.ts';

/** Access logs of nginx (and Apache) in the common and combined formats. */
export const nginxAccess: ParserDefinition<unknown> = {
  name: 'nginx.access',
  kind: 'dataset',
  reads: ['process.name'],
  fields: () => FIELDS,
  compile: (_options, context) => new NginxAccess(context),
};

/** Proxies in a forwarded list: what a client can put there must not cost more. */
const MAX_ADDRESSES = 32;

class NginxAccess implements CompiledParser {
  readonly #columns;
  readonly #input: number;
  readonly #process: number;
  readonly #sole: boolean;
  readonly #message = new Message();
  readonly #line = new AccessLine();
  readonly #target = new Target();
  readonly #nginx;
  readonly #success;
  readonly #failure;
  readonly #category;
  readonly #type;

  constructor({ literals, layout, sole }: ParserContext) {
    const column = (path: string): number => layout.byPath.get(path)?.index ?? -1;
    this.#columns = columnsOf(layout, PATHS);
    this.#input = column('message');
    this.#process = column('process.name');
    this.#sole = sole;
    this.#nginx = literals.text('nginx');
    this.#success = literals.text('success');
    this.#failure = literals.text('failure');
    this.#category = constantList(literals, ['web']);
    this.#type = constantList(literals, ['access']);
  }

  /** Under syslog by the program's name; elsewhere by the line's shape, unless this is the only dataset. */
  detect(rows: Rows, row: Address): boolean {
    if (this.#process >= 0 && rows.has(row, this.#process)) {
      return rows.equals(row, this.#process, this.#nginx, 'nginx');
    }
    return this.#sole || this.#scan(rows, row) < 0;
  }

  parse(...[rows, list, fail]: Parameters<CompiledParser['parse']>): void {
    for (const row of list) {
      const end = this.#scan(rows, row);
      if (end < 0) this.#fill(rows, row);
      else fail(rows, row, 'SLUICE_PARSE_ACCESS', 'not a common or combined access line', end);
    }
  }

  #scan(rows: Rows, row: Address): number {
    return this.#message.load(rows, row, this.#input) ? this.#line.scan(this.#message.text) : 0;
  }

  #fill(rows: Rows, row: Address): void {
    const c = this.#columns;
    const line = this.#line;
    this.#addresses(rows, row, line.addressesEnd);
    this.#request(rows, row, line.requestStart, line.requestEnd);
    this.#put(rows, row, c.user, line.userStart, line.userEnd);
    rows.setNumber(row, c.status, line.status);
    this.#message.putNumber(rows, row, c.bytes, line.bytesStart, line.bytesEnd);
    this.#put(rows, row, c.referrer, line.referrerStart, line.referrerEnd);
    this.#put(rows, row, c.agent, line.agentStart, line.agentEnd);
    rows.setTime(row, c.time, line.time, 0, 3);
    rows.setConstant(row, c.module, this.#nginx);
    rows.setConstant(row, c.outcome, line.status >= 400 ? this.#failure : this.#success);
    setList(rows, row, c.category, this.#category);
    setList(rows, row, c.type, this.#type);
    if (rows.has(row, c.ip)) rows.appendCell(row, c.relatedIp, c.ip);
    if (rows.has(row, c.user)) rows.appendCell(row, c.relatedUser, c.user);
  }

  /** A value of the line; `-` stands for none. */
  #put(rows: Rows, row: Address, column: number, start: number, end: number): void {
    const isNone = end - start === 1 && this.#message.text[start] === '-';
    if (!isNone) this.#message.put(rows, row, column, start, end);
  }

  /** The client is the first public address of a forwarded list, else the first of all. */
  #addresses(rows: Rows, row: Address, end: number): void {
    const c = this.#columns;
    const { text } = this.#message;
    let client = -1;
    let clientEnd = -1;
    let clientIsIp = false;
    let isPublic = false;
    let start = 0;
    for (let count = 0; count < MAX_ADDRESSES; count++) {
      while (start < end && isSeparator(text.charCodeAt(start))) start++;
      if (start === end) break;
      let stop = start + 1;
      while (stop < end && !isSeparator(text.charCodeAt(stop))) stop++;
      this.#message.put(rows, row, c.address, start, stop);
      // A client on a Unix socket has no address.
      if (!text.startsWith('unix:', start)) rows.appendCell(row, c.remotes, c.address);
      if (!isPublic) {
        const address = text.slice(start, stop);
        const valid = isIp(address);
        isPublic = valid && !isPrivateIp(address);
        if (client < 0 || isPublic) {
          client = start;
          clientEnd = stop;
          clientIsIp = valid;
        }
      }
      start = stop;
    }
    if (client < 0) return;
    this.#message.put(rows, row, c.address, client, clientEnd);
    if (clientIsIp) rows.copy(row, c.address, c.ip);
  }

  /** `METHOD target HTTP/version`; anything else that a client sent stays in the message. */
  #request(rows: Rows, row: Address, start: number, end: number): void {
    const c = this.#columns;
    const message = this.#message;
    const { text } = message;
    const first = text.indexOf(' ', start);
    const last = text.lastIndexOf(' ', end - 1);
    if (first <= start || last <= first || !text.startsWith('HTTP/', last + 1)) return;
    message.put(rows, row, c.method, start, first);
    message.put(rows, row, c.version, last + 6, end);
    message.put(rows, row, c.url, first + 1, last);
    const target = this.#target;
    target.scan(text, first + 1, last);
    message.put(rows, row, c.path, target.pathStart, target.pathEnd);
    message.put(rows, row, c.query, target.queryStart, target.queryEnd);
    message.put(rows, row, c.extension, target.extensionStart, target.pathEnd);
  }
}

/** Blank, comma or quote. */
function isSeparator(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x2c || code === 0x22;
}
