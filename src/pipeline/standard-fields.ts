import type { Field } from '../event/layout.ts';
import { ROUTE_PATH } from '../transforms/route/options.ts';

/** Fields of every event, in front of what the parsers fill. */
export const LEADING_FIELDS: readonly Field[] = [
  { path: '@timestamp', type: 'date' },
  { path: 'event.id', type: 'text' },
  { path: 'event.kind', type: 'text' },
  { path: 'event.dataset', type: 'text' },
  { path: 'event.ingested', type: 'date' },
  { path: 'event.reason', type: 'text' },
  { path: 'log.source.address', type: 'text' },
];

/** Fields of every event, behind what the parsers fill. */
export const TRAILING_FIELDS: readonly Field[] = [
  { path: 'message', type: 'text' },
  { path: 'error.code', type: 'text' },
  { path: 'error.message', type: 'text' },
  { path: 'tags', type: 'any' },
];

/** The day whose index the event goes to; never shown. */
export const INDEX_DATE: Field = { path: '_index_date', type: 'date' };

/** The name of the route that the event takes; never shown. */
export const ROUTE: Field = { path: ROUTE_PATH, type: 'text' };
