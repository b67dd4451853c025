import { TEXT } from '../event/cell.ts';
import type { Layout } from '../event/layout.ts';
import type { LiteralArea } from '../event/literals.ts';
import { UNPARSED } from '../event/row.ts';
import type { ParseFail } from '../parsers/parser.ts';

/**
 * Unparseable input is never lost: the row goes on with its raw bytes as message, the error's code and words, and
 * `event.kind: pipeline_error`, so that a route can send it where somebody looks.
 */
export function parseFailure(base: Layout, literals: LiteralArea): ParseFail {
  const column = (path: string): number => (base.byPath.get(path) as { index: number }).index;
  const code = column('error.code');
  const reason = column('error.message');
  const kind = column('event.kind');
  const message = column('message');
  const error = literals.text('pipeline_error');
  return (rows, row, name, detail, offset) => {
    rows.setFlag(row, UNPARSED);
    rows.setConstant(row, code, literals.text(name));
    rows.setText(row, reason, offset === undefined ? detail : `${detail} (byte ${offset})`);
    rows.setConstant(row, kind, error);
    if (!rows.has(row, message)) {
      rows.setSpan(row, message, rows.rawAddress(row), rows.rawLength(row), TEXT);
    }
  };
}
