import type { Address } from '../../event/memory.ts';
import type { Rows } from '../../event/rows.ts';
import { columnsOf, constantList, setList } from '../columns.ts';
import { isIp, isPrivateIp } from '../ip.ts';
import { Message } from '../message.ts';
import type { CompiledParser, ParserContext, ParserDefinition } from '../parser.ts';
import { FIELDS, PATHS } from './fields.ts';
import { type AccessLine, commonLogTime, scanAccessLine } from './scan.ts';

/** Access logs of nginx (and Apache) in the common and combined formats. */
export const nginxAccess: ParserDefinition<unknown> = {
  name: 'nginx.access',
  kind: 'dataset',
  fields: () => FIELDS,
  compile: (_options, context) => new NginxAccess(context),
};

class NginxAccess implements CompiledParser {
  readonly #columns;
  readonly #input: number;
  readonly #process: number;
  readonly #sole: boolean;
  readonly #message = new Message();
  readonly #nginx;
  readonly #module;
  readonly #success;
  readonly #failure;
  readonly #category;
  readonly #type;

  constructor({ core, literals, layout, sole }: ParserContext) {
    const column = (path: string): number => layout.byPath.get(path)?.index ?? -1;
    this.#columns = columnsOf(layout, PATHS);
    this.#input = column('message');
    this.#process = column('process.name');
    this.#sole = sole;
    this.#nginx = literals.text('nginx');
    this.#module = literals.text('nginx');
    this.#success = literals.text('success');
    this.#failure = literals.text('failure');
    this.#category = constantList(core.memory, literals, ['web']);
    this.#type = constantList(core.memory, literals, ['access']);
  }

  /** Under syslog by the program's name; elsewhere by the line's shape, unless this is the only dataset. */
  detect(rows: Rows, row: Address): boolean {
    if (this.#process >= 0 && rows.has(row, this.#process)) {
      return rows.equals(row, this.#process, this.#nginx, 'nginx');
    }
    if (this.#sole) return true;
    return (
      this.#message.load(rows, row, this.#input) &&
      typeof scanAccessLine(this.#message.text) === 'object'
    );
  }

  parse(...[rows, list, fail]: Parameters<CompiledParser['parse']>): void {
    for (const row of list) {
      const text = this.#message.load(rows, row, this.#input) ? this.#message.text : '';
      const line = scanAccessLine(text);
      if (typeof line === 'number')
        fail(rows, row, 'SLUICE_PARSE_ACCESS', 'not a common or combined access line', line);
      else this.#fill(rows, row, text, line);
    }
  }

  #fill(rows: Rows, row: Address, text: string, line: AccessLine): void {
    const c = this.#columns;
    const message = this.#message;
    this.#addresses(rows, row, text, line.addresses);
    this.#request(text, ...line.request);
    message.put(c.user, ...line.user);
    message.putNumber(c.status, ...line.status);
    message.putNumber(c.bytes, ...line.bytes);
    message.put(c.referrer, ...line.referrer);
    message.put(c.agent, ...line.agent);
    const time = commonLogTime(text, ...line.time);
    if (Number.isFinite(time)) rows.setTime(row, c.time, time, 0, 3);
    rows.setConstant(row, c.module, this.#module);
    const failed = rows.value(row, c.status) >= 400;
    rows.setConstant(row, c.outcome, failed ? this.#failure : this.#success);
    setList(rows, row, c.category, this.#category);
    setList(rows, row, c.type, this.#type);
    if (rows.has(row, c.ip)) rows.appendCell(row, c.relatedIp, c.ip);
    if (rows.has(row, c.user)) rows.appendCell(row, c.relatedUser, c.user);
  }

  /** The client is the first public address of a forwarded list, else the first of all. */
  #addresses(rows: Rows, row: Address, text: string, [start, end]: [number, number]): void {
    const c = this.#columns;
    let client: [number, number] | undefined;
    let isPublic = false;
    const word = /[^\s,"]+/g;
    word.lastIndex = start;
    for (
      let found = word.exec(text);
      found !== null && found.index < end;
      found = word.exec(text)
    ) {
      const address = found[0];
      const span: [number, number] = [found.index, found.index + address.length];
      const valid = isIp(address);
      if (address !== 'unix:') {
        this.#message.put(c.address, ...span);
        rows.appendCell(row, c.remotes, c.address);
      }
      if (client === undefined || (!isPublic && valid && !isPrivateIp(address))) {
        client = span;
        isPublic = valid && !isPrivateIp(address);
      }
    }
    if (client === undefined) return;
    this.#message.put(c.address, ...client);
    if (isIp(text.slice(...client))) this.#message.put(c.ip, ...client);
  }

  /** `METHOD target HTTP/version`; anything else a client sent stays in the message. */
  #request(text: string, start: number, end: number): void {
    const c = this.#columns;
    const first = text.indexOf(' ', start);
    const last = text.lastIndexOf(' ', end - 1);
    if (first <= start || last <= first || !text.startsWith('HTTP/', last + 1)) return;
    const message = this.#message;
    message.put(c.method, start, first);
    message.put(c.version, last + 6, end);
    message.put(c.url, first + 1, last);
    const query = text.indexOf('?', first);
    const pathEnd = query >= 0 && query < last ? query : last;
    message.put(c.path, first + 1, pathEnd);
    message.put(c.query, pathEnd + 1, last);
    const dot = text.lastIndexOf('.', pathEnd - 1);
    if (dot > text.lastIndexOf('/', pathEnd - 1) && dot > first)
      message.put(c.extension, dot + 1, pathEnd);
  }
}
