import type { Address } from '../../event/memory.ts';
import type { Rows } from '../../event/rows.ts';
import { columnsOf } from '../columns.ts';
import { isIp } from '../ip.ts';
import { Message } from '../message.ts';
import type { CompiledParser, ParserContext, ParserDefinition } from '../parser.ts';
import { FIELDS, PATHS } from './fields.ts';
import { Outcomes } from './outcomes.ts';
import { PATTERNS, type Pattern } from './patterns.ts';

/** auth.log and secure: who tried to log in, became somebody else, or changed an account. */
export const systemAuth: ParserDefinition<unknown> = {
  name: 'system.auth',
  kind: 'dataset',
  envelope: 'syslog',
  fields: () => FIELDS,
  compile: (_options, context) => new SystemAuth(context),
};

const PROGRAMS = new Set([
  ...['sshd', 'sshd-session', 'sudo', 'su', 'login', 'systemd-logind', 'polkitd', 'gdm-password'],
  ...['useradd', 'groupadd', 'usermod', 'groupmod', 'userdel', 'groupdel', 'passwd', 'chpasswd'],
]);

class SystemAuth implements CompiledParser {
  readonly #columns;
  readonly #outcomes: Outcomes;
  readonly #input: number;
  readonly #process: number;
  readonly #host: number;
  readonly #message = new Message();
  readonly #module;

  constructor({ core, literals, layout }: ParserContext) {
    const column = (path: string): number => layout.byPath.get(path)?.index ?? -1;
    this.#columns = columnsOf(layout, PATHS);
    this.#outcomes = new Outcomes(core.memory, literals, this.#columns);
    this.#input = column('message');
    this.#process = column('process.name');
    this.#host = column('host.name');
    this.#module = literals.text('system');
  }

  detect(rows: Rows, row: Address): boolean {
    if (this.#process < 0) return false;
    const length = rows.length(row, this.#process);
    return length <= 14 && PROGRAMS.has(rows.text(row, this.#process) ?? '');
  }

  parse(...[rows, list]: Parameters<CompiledParser['parse']>): void {
    for (const row of list) {
      this.#common(rows, row);
      if (!this.#message.load(rows, row, this.#input)) continue;
      const program = rows.text(row, this.#process) as string;
      for (const pattern of PATTERNS.get(program) ?? PATTERNS.get('*') ?? []) {
        if (!this.#message.text.startsWith(pattern.start)) continue;
        const match = pattern.expression.exec(this.#message.text);
        if (match === null) continue;
        this.#fill(rows, row, pattern, match);
        break;
      }
    }
  }

  #common(rows: Rows, row: Address): void {
    const c = this.#columns;
    rows.setConstant(row, c.module, this.#module);
    if (this.#host < 0 || !rows.has(row, this.#host)) return;
    rows.copy(row, this.#host, c.hostname);
    rows.appendCell(row, c.relatedHosts, this.#host);
  }

  /** Every part of the expression is captured, so offsets are running sums: half the price of the `d` flag. */
  #fill(rows: Rows, row: Address, pattern: Pattern, match: RegExpExecArray): void {
    const c = this.#columns;
    let at = 0;
    for (let k = 0; k < pattern.parts.length; k++) {
      const part = match[k + 1] ?? '';
      const name = pattern.parts[k];
      if (name !== undefined) this.#put(name, at, at + part.length, part);
      at += part.length;
    }
    this.#outcomes.set(rows, row, pattern.outcome);
    for (const user of [c.user, c.effectiveUser]) {
      if (rows.has(row, user)) rows.appendCell(row, c.relatedUser, user);
    }
    if (rows.has(row, c.ip)) rows.appendCell(row, c.relatedIp, c.ip);
  }

  #put(name: keyof typeof PATHS, start: number, end: number, text: string): void {
    const c = this.#columns;
    if (name === 'port') this.#message.putNumber(c.port, start, end);
    else if (name === 'ip' || name === 'sshDroppedIp') {
      // sshd prints a name here when it was told to resolve addresses.
      this.#message.put(isIp(text) ? c[name] : c.address, start, end);
      if (name === 'sshDroppedIp' && isIp(text)) this.#message.put(c.ip, start, end);
    } else this.#message.put(c[name], start, end);
  }
}
