import { constantList, needsEscape, setList } from '../../event/lists.ts';
import type { Address } from '../../event/memory.ts';
import { DROPPED } from '../../event/row.ts';
import type { Rows } from '../../event/rows.ts';
import { parseExpression } from '../cel/expression.ts';
import { baseColumn, fieldsOf, type StepContext, type StepDefinition } from '../step.ts';
import { setResult } from './result.ts';
import { compileTemplate, templatePaths } from './template.ts';

/** A constant, or where the value comes from. */
export type SetValue =
  | string
  | number
  | boolean
  | readonly string[]
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

function isList(value: SetValue): value is readonly string[] {
  return Array.isArray(value);
}

function reads(value: SetValue): readonly string[] {
  if (typeof value !== 'object' || isList(value)) return [];
  if ('cel' in value) return parseExpression(value.cel).paths;
  return 'copy' in value ? [value.copy] : templatePaths(value.template);
}

function compileSetter(column: number, value: SetValue, context: StepContext): Setter {
  if (typeof value === 'string') {
    const literal = context.literals.text(value);
    const clean = !needsEscape(value);
    return (rows, row) => rows.setConstant(row, column, literal, clean);
  }
  if (typeof value === 'number') return (rows, row) => rows.setNumber(row, column, value);
  if (typeof value === 'boolean') return (rows, row) => rows.setBoolean(row, column, value);
  if (isList(value)) {
    const list = constantList(context.literals, value);
    return (rows, row) => setList(rows, row, column, list);
  }
  const columnOf = (path: string): number => baseColumn(context, path);
  if ('copy' in value) {
    const from = columnOf(value.copy);
    return (rows, row) => {
      if (rows.has(row, from)) rows.copy(row, from, column);
    };
  }
  if ('template' in value) {
    const render = compileTemplate(value.template, context.literals, columnOf);
    return (rows, row) => render(rows, row, column);
  }
  const evaluate = parseExpression(value.cel).bind(columnOf);
  return (rows, row) => setResult(rows, row, column, evaluate(rows, row));
}
