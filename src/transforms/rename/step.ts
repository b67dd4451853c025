import { DROPPED } from '../../event/row.ts';
import { baseColumn, fieldsOf, type StepDefinition } from '../step.ts';

/** Old path → new path. */
export type RenameOptions = Readonly<Record<string, string>>;

/** `rename: { a.b: c.d }`: moves the value; a row without the old field keeps what the new one has. In the order written. */
export const rename: StepDefinition<RenameOptions> = {
  name: 'rename',
  fields: (options) => fieldsOf(Object.entries(options).flat()),
  compile(options, context) {
    const moves = Object.entries(options)
      .filter(([from, to]) => from !== to)
      .map(([from, to]) => ({ from: baseColumn(context, from), to: baseColumn(context, to) }));
    return {
      apply(rows) {
        for (let k = 0; k < rows.count; k++) {
          const row = rows.at(k);
          if (rows.hasFlag(row, DROPPED)) continue;
          for (const { from, to } of moves) {
            if (!rows.has(row, from)) continue;
            rows.copy(row, from, to);
            rows.clear(row, from);
          }
        }
      },
    };
  },
};
