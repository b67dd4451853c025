import { DROPPED } from '../../event/row.ts';
import { compileCondition } from '../cel/condition.ts';
import { parseExpression } from '../cel/expression.ts';
import { YES } from '../cel/truth.ts';
import { baseColumn, fieldsOf, type StepDefinition } from '../step.ts';
import { DEFAULT_ROUTE, ROUTE_PATH, type RouteOptions } from './options.ts';

/** `route: { auth: 'event.category == "authentication"', default: rest }` */
export const route: StepDefinition<RouteOptions> = {
  name: 'route',
  fields: (options) =>
    fieldsOf(conditions(options).flatMap(([, source]) => parseExpression(source).paths)),
  compile(options, context) {
    const binding = {
      literals: context.literals,
      column: (path: string) => baseColumn(context, path),
    };
    const branches = conditions(options).map(([name, source]) => ({
      condition: compileCondition(source, binding),
      outputs: context.outputsOf(name),
      name: context.literals.text(name),
    }));
    const column = baseColumn(context, ROUTE_PATH);
    const other = options[DEFAULT_ROUTE] ?? '';
    const rest = { outputs: context.outputsOf(other), name: context.literals.text(other) };
    return {
      apply(rows) {
        for (let k = 0; k < rows.count; k++) {
          const row = rows.at(k);
          if (rows.hasFlag(row, DROPPED)) continue;
          const taken = branches.find((branch) => branch.condition(rows, row) === YES) ?? rest;
          rows.setOutputs(row, taken.outputs);
          rows.setConstant(row, column, taken.name);
        }
      },
    };
  },
};

function conditions(options: RouteOptions): [string, string][] {
  return Object.entries(options).filter(([name]) => name !== DEFAULT_ROUTE);
}
