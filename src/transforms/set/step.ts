import type { Address } from '../../event/memory.ts';
import { DROPPED } from '../../event/row.ts';
import type { Rows } from '../../event/rows.ts';
import { parseExpression } from '../cel/expression.ts';
import { baseColumn, fieldsOf, type StepContext, type StepDefinition } from '../step.ts';
import { compileTemplate, templatePaths } from './template.ts';

/** A constant, or where the value comes from. */
export type SetValue =
  | string
  | number
  | boolean
  | { readonly cel: string }
  | { readonly copy: string }
  | { readonly template: string };

export type SetOptions = Readonly<Record<string, SetValue>>;

type Setter = (rows: Rows, row: Address) => void;

/** `set: { event.module: sshd, host.id: { template: "{host.name}/{process.name}" } }` */
export const set: StepDefinition<SetOptions> = {
  name: 'set',
  fields: (options) =>
    fieldsOf(Object.entries(options).flatMap(([path, value]) => [path, ...reads(value)])),
  compile(options, context) {
    const setters = Object.entries(options).map(([path, value]) =>
      compileSetter(baseColumn(context, path), value, context),
    );
    return {
      apply(rows) {
        for (let k = 0; k < rows.count; k++) {
          const row = rows.at(k);
          if (!rows.hasFlag(row, DROPPED)) for (const setter of setters) setter(rows, row);
        }
      },
    };
  },
};

function reads(value: SetValue): readonly string[] {
  if (typeof value !== 'object') return [];
  if ('cel' in value) return parseExpression(value.cel).paths;
  return 'copy' in value ? [value.copy] : templatePaths(value.template);
}

function compileSetter(column: number, value: SetValue, context: StepContext): Setter {
  if (typeof value === 'string') {
    const literal = context.literals.text(value);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly what JSON must escape
    const clean = !/["\\\u0000-\u001f]/.test(value);
    return (rows, row) => rows.setConstant(row, column, literal, clean);
  }
  if (typeof value === 'number') return (rows, row) => rows.setNumber(row, column, value);
  if (typeof value === 'boolean') return (rows, row) => rows.setBoolean(row, column, value);
  if ('copy' in value) {
    const from = baseColumn(context, value.copy);
    return (rows, row) => rows.copy(row, from, column);
  }
  if ('template' in value) {
    const render = compileTemplate(value.template, (path) => baseColumn(context, path));
    return (rows, row) => {
      const text = render(rows, row);
      if (text !== undefined) rows.setText(row, column, text);
    };
  }
  const evaluate = parseExpression(value.cel).bind((path) => baseColumn(context, path));
  return (rows, row) => setResult(rows, row, column, evaluate(rows, row));
}

/** An expression that fails leaves the field as it was; null clears it. */
function setResult(rows: Rows, row: Address, column: number, result: unknown): void {
  if (result === undefined) return;
  if (result === null) rows.clear(row, column);
  else if (typeof result === 'string') rows.setText(row, column, result);
  else if (typeof result === 'bigint') setInteger(rows, row, column, result);
  else if (typeof result === 'number') {
    if (Number.isFinite(result)) rows.setNumber(row, column, result);
  } else if (typeof result === 'boolean') rows.setBoolean(row, column, result);
  else if (result instanceof Date) rows.setTime(row, column, result.getTime(), 0, 3);
  else rows.setJson(row, column, toJson(result));
}

function setInteger(rows: Rows, row: Address, column: number, value: bigint): void {
  const number = Number(value);
  if (Number.isSafeInteger(number)) rows.setNumber(row, column, number);
  else rows.setJson(row, column, value.toString());
}

function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === 'bigint') return Number(item);
    return item instanceof Map ? Object.fromEntries(item as Map<string, unknown>) : item;
  });
}
