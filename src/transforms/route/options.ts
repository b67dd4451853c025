/** Route names with their conditions, tried in order; `default` names the route of the rest. */
export type RouteOptions = Readonly<Record<string, string>>;

export const DEFAULT_ROUTE = 'default';
