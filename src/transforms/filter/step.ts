import type { Address } from '../../event/memory.ts';
import { DROPPED } from '../../event/row.ts';
import type { Rows } from '../../event/rows.ts';
import { compileCondition } from '../cel/condition.ts';
import { parseExpression } from '../cel/expression.ts';
import { ERROR, NO } from '../cel/truth.ts';
import { baseColumn, fieldsOf, type StepDefinition } from '../step.ts';

/** On events whose condition could not be evaluated. */
const TAG = 'filter_error';

/** `filter: 'expression'`: keeps the rows for which it is true. */
export const filter: StepDefinition<string> = {
  name: 'filter',
  fields: (expression) => fieldsOf([...parseExpression(expression).paths, 'tags']),
  compile(expression, context) {
    const condition = compileCondition(expression, {
      literals: context.literals,
      column: (path) => baseColumn(context, path),
    });
    const tags = baseColumn(context, 'tags');
    const failed = context.literals.text(TAG);
    const tag = (rows: Rows, row: Address): void => {
      if (!rows.texts(row, tags).includes(TAG)) rows.append(row, tags, failed);
    };
    return {
      apply(rows) {
        for (let k = 0; k < rows.count; k++) {
          const row = rows.at(k);
          if (rows.hasFlag(row, DROPPED)) continue;
          const truth = condition(rows, row);
          if (truth === NO) rows.drop(row);
          // An expression that cannot be evaluated must not lose the event.
          else if (truth === ERROR) tag(rows, row);
        }
      },
    };
  },
};
