import type { Literal } from '../../event/literals.ts';
import type { Address } from '../../event/memory.ts';
import type { Rows } from '../../event/rows.ts';
import { columnsOf } from '../columns.ts';
import { isIp } from '../ip.ts';
import { Message } from '../message.ts';
import type { CompiledParser, ParserContext, ParserDefinition } from '../parser.ts';
import { FIELDS, PATHS } from './fields.ts';
import { Outcomes } from './outcomes.ts';
import type { Pattern } from './pattern.ts';
import { PAM_PATTERNS, PATTERNS } from './patterns.ts';

/** auth.log and secure: who tried to log in, became somebody else, or changed an account. */
export const systemAuth: ParserDefinition<unknown> = {
  name: 'system.auth',
  kind: 'dataset',
  envelope: 'syslog',
  reads: ['process.name', 'host.name'],
  fields: () => FIELDS,
  compile: (_options, context) => new SystemAuth(context),
};

interface Program {
  readonly name: string;
  readonly literal: Literal;
  readonly patterns: readonly Pattern[];
}

class SystemAuth implements CompiledParser {
  readonly #columns;
  readonly #outcomes: Outcomes;
  readonly #input: number;
  readonly #process: number;
  readonly #host: number;
  readonly #message = new Message();
  readonly #module;
  readonly #pam;
  /** Programs by the length of their names: telling them apart by bytes costs a tenth of decoding the name. */
  readonly #programs: readonly (readonly Program[])[];

  constructor({ literals, layout }: ParserContext) {
    const column = (path: string): number => layout.byPath.get(path)?.index ?? -1;
    this.#columns = columnsOf(layout, PATHS);
    this.#outcomes = new Outcomes(literals, this.#columns);
    this.#input = column('message');
    this.#process = column('process.name');
    this.#host = column('host.name');
    this.#module = literals.text('system');
    this.#pam = literals.text('pam_unix(');
    const programs = [...PATTERNS].map(
      ([name, patterns]): Program => ({ name, literal: literals.text(name), patterns }),
    );
    const longest = Math.max(...programs.map(({ name }) => name.length));
    this.#programs = Array.from({ length: longest + 1 }, (_, length) =>
      programs.filter(({ name }) => name.length === length),
    );
  }

  /** By the program's name, or by the module that speaks under the names of cron, login managers and others. */
  detect(rows: Rows, row: Address): boolean {
    return this.#patterns(rows, row) !== undefined;
  }

  #patterns(rows: Rows, row: Address): readonly Pattern[] | undefined {
    if (this.#process < 0) return undefined;
    for (const { name, literal, patterns } of this.#programs[rows.length(row, this.#process)] ??
      []) {
      if (rows.equals(row, this.#process, literal, name)) return patterns;
    }
    return this.#isPam(rows, row) ? PAM_PATTERNS : undefined;
  }

  #isPam(rows: Rows, row: Address): boolean {
    const { address, length } = this.#pam;
    const { u8 } = rows.memory;
    const at = rows.address(row, this.#input);
    if (!rows.has(row, this.#input) || rows.length(row, this.#input) <= length) return false;
    for (let k = 0; k < length; k++) if (u8[at + k] !== u8[address + k]) return false;
    return true;
  }

  parse(...[rows, list]: Parameters<CompiledParser['parse']>): void {
    for (const row of list) {
      this.#common(rows, row);
      if (!this.#message.load(rows, row, this.#input)) continue;
      const { text } = this.#message;
      for (const pattern of this.#patterns(rows, row) ?? []) {
        const match = text.startsWith(pattern.start) ? pattern.expression.exec(text) : null;
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
  #fill(rows: Rows, row: Address, { parts, outcome }: Pattern, match: RegExpExecArray): void {
    const c = this.#columns;
    let at = 0;
    for (let k = 0; k < parts.length; k++) {
      const text = match[k + 1] ?? '';
      const name = parts[k];
      if (name !== undefined) this.#put(rows, row, name, at, text);
      at += text.length;
    }
    this.#outcomes.set(rows, row, outcome);
    if (rows.has(row, c.sudoUser)) rows.copy(row, c.sudoUser, c.effectiveUser);
    for (const user of [c.user, c.effectiveUser]) {
      if (rows.has(row, user)) rows.appendCell(row, c.relatedUser, user);
    }
    if (rows.has(row, c.ip)) rows.appendCell(row, c.relatedIp, c.ip);
  }

  #put(rows: Rows, row: Address, name: keyof typeof PATHS, start: number, text: string): void {
    const c = this.#columns;
    const message = this.#message;
    const end = start + text.length;
    if (name === 'port') message.putNumber(rows, row, c.port, start, end);
    else if (name !== 'ip' && name !== 'sshDroppedIp') {
      message.put(rows, row, c[name], start, end);
    } else if (isIp(text)) {
      message.put(rows, row, c[name], start, end);
      message.put(rows, row, c.ip, start, end);
    } else {
      // sshd prints a name here when it was told to resolve addresses.
      message.put(rows, row, c.address, start, end);
    }
  }
}
