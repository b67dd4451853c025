/** Route names with their conditions, tried in order; `default` names the route of the rest. */
export type RouteOptions = Readonly<Record<string, string>>;

export const DEFAULT_ROUTE = 'default';

/** Hidden column: the route that the row takes. */
export const ROUTE_PATH = '_route';
